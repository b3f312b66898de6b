# Met in pyramids: every level has half the size of the one before.
# torch.jit.script: but instead found type 'float'
import torch
import torch.nn as nn


class Levels(nn.Module):
    def __init__(self, levels):
        super().__init__()
        self.levels = levels

    def forward(self, x):
        total = torch.zeros(1)
        for level in range(self.levels):
            size = 2 ** level
            total = total + x.narrow(0, 0, size).sum()
        corner = self.levels ** 4
        return total, torch.ones(corner // 8, x.size(0) ** 2)


def examples():
    yield Levels(2), (torch.rand(4, 4),)
