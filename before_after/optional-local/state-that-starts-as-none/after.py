# Met in controllers of architecture search: an LSTM cell whose state is None in the first step.
# torch.jit.script: Variable 'state' previously had type NoneType
from typing import Optional, Tuple

import torch
import torch.nn as nn
from torch import Tensor


class Cell(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.cell = nn.LSTM(size, size)

    def forward(self, x: Tensor, state: Optional[Tuple[Tensor, Tensor]] = None):
        out, state = self.cell(x, state)
        return out, state


class Controller(nn.Module):
    def __init__(self, size, steps):
        super().__init__()
        self.cell = Cell(size)
        self.steps = steps

    def forward(self, x):
        state: Optional[Tuple[Tensor, Tensor]] = None
        for _ in range(self.steps):
            x, state = self.cell(x, state)
        return x


def examples():
    yield Controller(4, 3), (torch.rand(2, 1, 4),)
