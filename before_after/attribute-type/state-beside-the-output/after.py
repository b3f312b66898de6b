# Met in forecasting: the state of a GRU is kept, and is None before the first call.
# torch.jit.script: Wrong type for attribute assignment. Expected NoneType but got Tensor
from typing import Optional

import torch
import torch.nn as nn


class Forecaster(nn.Module):
    hidden: Optional[torch.Tensor]

    def __init__(self, size):
        super().__init__()
        self.gru = nn.GRU(size, size)
        self.hidden = None

    def forward(self, x):
        out, self.hidden = self.gru(x)
        return out


def examples():
    yield Forecaster(3), (torch.rand(2, 1, 3),)
