# Met in normalizing flows: all steps are called alike, and take what they do not use.
# torch.jit.script: Compiled functions can't take variable number of arguments
from typing import Optional

import torch
import torch.nn as nn


class Scale(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.logs = nn.Parameter(torch.zeros(dim))

    def forward(self, x, cond: Optional[torch.Tensor] = None):
        return x * self.logs.exp()


class Shift(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.fc = nn.Linear(dim, dim)

    def forward(self, x, cond):
        return x + self.fc(cond)


class Flow(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.scale = Scale(dim)
        self.shift = Shift(dim)

    def forward(self, x, cond):
        return self.shift(self.scale(x, cond=cond), cond=cond)


class Prior(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.scale = Scale(dim)

    def forward(self, x):
        return self.scale(x)


def examples():
    yield Flow(3), (torch.rand(2, 3), torch.rand(2, 3))
    yield Prior(3), (torch.rand(2, 3),)
