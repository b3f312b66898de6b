# Met in networks that were extended again and again: the last `else` is of the first version.
# torch.jit.script: has no attribute or method
import torch
import torch.nn as nn


class Fusion(nn.Module):
    def __init__(self, dim, how="sum"):
        super().__init__()
        self.how = how
        self.mix = nn.Linear(dim, dim)

    def forward(self, x, y):
        with torch.no_grad():
            for _ in range(2):
                if self.how == "sum":
                    x = x + y
                elif self.how == "mean":
                    x = (x + y) / 2
                else: x = x.merged(y)
        return self.mix(x)


def examples():
    yield Fusion(3), (torch.rand(2, 3), torch.rand(2, 3))
    yield Fusion(3, "mean"), (torch.rand(2, 3), torch.rand(2, 3))
