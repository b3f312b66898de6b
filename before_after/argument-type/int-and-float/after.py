# Met where a factor is given as 2 here and as 0.5 there: a number that stays what it is.
# torch.jit.script: Expected a default value of type Tensor (inferred) on parameter "factor"
# Observed: Scale.forward factor: int; float
from typing import Union

import torch
import torch.nn as nn


class Scale(nn.Module):
    def forward(self, x, factor: Union[int, float, complex] = 1):
        return x * factor + 2 * factor


def examples():
    yield Scale(), (torch.arange(3),)
    yield Scale(), (torch.arange(3), 2)
    yield Scale(), (torch.arange(3), 0.5)
