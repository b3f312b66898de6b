# Met in wrappers that are called in several ways: what is handed on cannot be a list.
# torch.jit.script: Compiled functions can't take variable number of arguments
# Held back: *xs takes 1 or 2 arguments, as the call may be
import torch
import torch.nn as nn


def mean(x, y=None):
    return x.mean() if y is None else (x.mean() + y.mean()) / 2


class Mean(nn.Module):
    def forward(self, *xs):
        return mean(*xs)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.mean = Mean()

    def forward(self, x):
        return self.mean(x) + self.mean(x, x)


def examples():
    yield Net(), (torch.rand(2, 3),)
