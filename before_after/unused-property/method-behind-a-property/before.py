# Met in networks that are pruned: the property calls a method that does not compile.
# torch.jit.script: Module 'Pruned' has no attribute 'extra'
import torch
import torch.nn as nn


class Pruned(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.linear = nn.Linear(size, size)

    @property
    def progress(self):
        return self._progress(3)

    @progress.setter
    def progress(self, value):
        self.extra = value

    def _progress(self, steps: int):
        return self.extra * steps

    def forward(self, x):
        return self.linear(x)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = Pruned(3)

    def forward(self, x):
        return self.inner(x)


def examples():
    yield Net(), (torch.rand(2, 3),)
