# Met in inception blocks: the branches side by side.
# torch.jit.script: cannot call a value of type 'Union[__torch__.
import torch
import torch.nn as nn


class Branches(nn.Module):
    def __init__(self):
        super().__init__()
        self.plain = nn.Linear(3, 2)
        self.normed = nn.Sequential(nn.LayerNorm(3), nn.Linear(3, 2))

    def forward(self, x):
        return torch.cat([branch(x) for branch in [self.plain, self.normed]], dim=1)


def examples():
    yield Branches(), (torch.rand(1, 3),)
