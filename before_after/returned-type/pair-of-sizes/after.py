# Met in helpers of grids: said to return a tensor, and returns a pair of sizes.
# torch.jit.script: Return value was annotated as having type Tensor
from typing import Tuple

import torch
import torch.nn as nn


def corners(x: torch.Tensor) -> Tuple[int, int]:
    return x.size(0) - 1, x.size(1) - 1


class Corner(nn.Module):
    def forward(self, x):
        row, column = corners(x)
        return x[row, column]


def examples():
    yield Corner(), (torch.rand(2, 3),)
