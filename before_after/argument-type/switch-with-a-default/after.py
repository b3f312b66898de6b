# Met in models that can return their features as well: a switch, off by default.
# torch.jit.script: Expected a default value of type Tensor (inferred) on parameter "pooled"
import torch
import torch.nn as nn


class Encoder(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.fc = nn.Linear(dim, dim)

    def forward(self, x, pooled: bool = False):
        x = self.fc(x)
        if pooled:
            x = x.mean(dim=1, keepdim=True)
        return x


def examples():
    yield Encoder(3), (torch.rand(2, 3),)
    yield Encoder(3), (torch.rand(2, 3), True)
    yield Encoder(3), (torch.rand(2, 3),), {"pooled": True}
