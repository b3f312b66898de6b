# Met in reversible networks: a Sequential that goes through itself backwards.
# torch.jit.script: has no attribute '_modules'
# Held back: has its own __iter__
import torch
import torch.nn as nn


class Reversed(nn.Sequential):
    def __iter__(self):
        return iter(list(self._modules.values())[::-1])

    def forward(self, x):
        for module in self._modules.values():
            x = module(x)
        return x


def examples():
    yield Reversed(nn.Linear(3, 3), nn.ReLU()), (torch.rand(2, 3),)
