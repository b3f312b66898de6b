# Met in search spaces: operations that compare by what they do.
# torch.jit.script: has no attribute or method
# Held back: Skip has a comparison of its own
import torch
import torch.nn as nn


class Skip(nn.Module):
    __hash__ = nn.Module.__hash__

    def __eq__(self, other):
        return other is None or isinstance(other, Skip)

    def forward(self, x):
        return x


class Cell(nn.Module):
    def __init__(self):
        super().__init__()
        self.op = Skip()

    def forward(self, x):
        if self.op != None:
            x = self.op(x) * 2
        return x


def examples():
    yield Cell(), (torch.rand(2, 4),)
