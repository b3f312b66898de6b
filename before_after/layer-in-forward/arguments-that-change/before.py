# Met in search networks: the layer is made before its argument changes, or handed on.
# torch.jit.script: Cannot instantiate class
# Held back: what it is made of changes before it is used
import torch
from torch import nn


def applied(function, x):
    return function(x)


class Pools(nn.Module):
    def forward(self, x):
        size = 2
        pool = nn.AvgPool2d(size)
        size = size + 1
        act = nn.ReLU()
        return pool(x), applied(act, x), size


def examples():
    yield Pools(), (torch.rand(1, 3, 4, 4),)
