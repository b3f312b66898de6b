# Met in recurrent blocks of U-Nets: the first turn starts the sum.
# torch.jit.script: x1 is not defined in the false branch
from typing import Optional

import torch
import torch.nn as nn


class RecurrentBlock(nn.Module):
    def __init__(self, channels, t=2):
        super(RecurrentBlock, self).__init__()
        self.t = t
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x):
        x1: Optional[torch.Tensor] = None
        for i in range(self.t):
            if i == 0:
                x1 = self.conv(x)
            assert x1 is not None
            x1 = self.conv(x + x1)
        assert x1 is not None
        return x1


def examples():
    yield RecurrentBlock(4), (torch.rand(1, 4, 8, 8),)
