# Met in attention: a norm that is kept under a name, and asked for through a local.
# torch.jit.script: aten::
import torch
import torch.nn as nn


class Normed(nn.Module):
    def __init__(self, dim, scale=None):
        super(Normed, self).__init__()
        self.proj = nn.Linear(dim, dim)
        self.scale = scale

    def forward(self, x):
        scale = self.scale
        out = self.proj(x)
        return out if scale is None else out * scale


def examples():
    yield Normed(3), (torch.rand(2, 3),)
    yield Normed(3, 2.0), (torch.rand(2, 3),)
