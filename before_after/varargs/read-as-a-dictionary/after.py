# Met in losses and layers with options: read out of the dictionary, with defaults.
# torch.jit.script: Compiled functions can't take variable number of arguments
from typing import Optional

import torch
import torch.nn as nn


def weighted(x, y, weight, power: int = 2, bias: Optional[torch.Tensor] = None, scale: float = 1.0):
    loss = (x - y).abs() ** power
    if True:
        loss = loss * weight
    if bias is not None:
        loss = loss + bias
    return scale * loss.mean()


class Loss(nn.Module):
    def forward(self, x, y):
        return weighted(x, y, weight=y, power=3) + weighted(x, y, weight=x)


def examples():
    yield Loss(), (torch.rand(2, 3), torch.rand(2, 3))
