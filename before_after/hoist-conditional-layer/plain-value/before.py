# Met in schedulers and losses: a number that one branch sets. A None would change its type.
# torch.jit.script: Module 'Scale' has no attribute 'factor'
import torch
import torch.nn as nn
import torch.nn.functional as F


class Scale(nn.Module):
    def __init__(self, dim, factor=None):
        super(Scale, self).__init__()
        self.scaled = factor is not None
        self.fc = nn.Linear(dim, dim)
        if factor is not None:
            self.factor = 2.0

    def forward(self, x):
        x = self.fc(x)
        if self.scaled:
            x = x * self.factor
        return x


def examples():
    yield Scale(4, 2.0), (torch.rand(2, 4),)
    yield Scale(4), (torch.rand(2, 4),)
