# Met in channel shuffles: a free function takes a number beside the tensor.
# torch.jit.script: Expected a value of type 'Tensor (inferred)' for argument 'groups'
# Observed: shuffle groups: int
import torch
import torch.nn as nn


def shuffle(x, groups):
    n, c, h, w = x.size()
    x = x.view(n, groups, c // groups, h, w)
    return x.transpose(1, 2).reshape(n, c, h, w)


class Unit(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.conv = nn.Conv2d(dim, dim, 1, groups=2)

    def forward(self, x):
        return shuffle(self.conv(x), 2)


def examples():
    yield Unit(4), (torch.rand(1, 4, 3, 3),)
