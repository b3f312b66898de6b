# Met in blocks of several layers: a Module goes through all that it has.
# torch.jit.script: has no attribute '_modules'
# Held back: is no Sequential or ModuleList
import torch
import torch.nn as nn


class Chain(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.first = nn.Linear(dim, dim)
        self.second = nn.Linear(dim, dim)

    def forward(self, x):
        for module in self._modules.values():
            x = module(x)
        return x


def examples():
    yield Chain(3), (torch.rand(2, 3),)
