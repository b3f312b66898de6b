# Met in collections of losses: all keywords are gone through, whatever they are.
# torch.jit.script: Compiled functions can't take variable number of arguments
# Held back: **losses is used as a dictionary at
import torch
import torch.nn as nn


class Total(nn.Module):
    def forward(self, x, **losses):
        for loss in losses.values():
            x = x + loss
        return x


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.total = Total()

    def forward(self, x):
        return self.total(x, first=x.mean(), second=x.std())


def examples():
    yield Net(), (torch.rand(2, 3),)
