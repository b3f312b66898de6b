# Met in forecasting: the state of the last call goes on, if the user wants it to.
# torch.jit.script: 'Optional[Tensor]' object has no attribute or method 'detach'
from typing import Optional

import torch
import torch.nn as nn


class Forecaster(nn.Module):
    hidden: Optional[torch.Tensor]

    def __init__(self, size):
        super().__init__()
        self.gru = nn.GRU(size, size)
        self.hidden = None
        self.goes_on = False

    def forward(self, x):
        x = x * 2
        hidden = self.hidden
        if hidden is not None and self.goes_on:
            h = hidden
        else:
            h = torch.zeros(1, x.size(1), x.size(2))
        h = h.detach()
        out, self.hidden = self.gru(x, h)
        return out


def examples():
    yield Forecaster(3), (torch.rand(2, 1, 3),)
