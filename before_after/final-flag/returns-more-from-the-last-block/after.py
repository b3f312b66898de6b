# Met in networks for distillation: the last block gives back what comes before its activation.
# torch.jit.script: Previous return statement returned a value of type Tuple[Tensor, Tensor]
from typing import Final

import torch
import torch.nn as nn


class Block(nn.Module):
    """A residual block."""

    is_last: Final[bool]
    expansion = 1

    def __init__(self, planes, is_last=False):
        super().__init__()
        self.is_last = is_last
        self.conv = nn.Conv2d(planes, planes, 3, padding=1)

    def forward(self, x):
        preact = self.conv(x) + x
        out = torch.relu(preact)
        if self.is_last:
            return out, preact
        else:
            return out


def examples():
    yield Block(4), (torch.rand(1, 4, 8, 8),)
    yield Block(4, is_last=True), (torch.rand(1, 4, 8, 8),)
