# Met in fusions of features: different calls pass different numbers, all of tensors.
# torch.jit.script: Compiled functions can't take variable number of arguments
from typing import List, Optional

import torch
import torch.nn as nn


class Sum(nn.Module):
    def forward(
        self, x, other0: Optional[torch.Tensor] = None, other1: Optional[torch.Tensor] = None
    ):
        others: List[torch.Tensor] = []
        if other0 is not None:
            others.append(other0)
        if other1 is not None:
            others.append(other1)
        for other in others:
            x = x + other
        return x / (len(others) + 1)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.sum = Sum()

    def forward(self, x):
        return self.sum(x, x * 2) + self.sum(x, x, x + 1) + self.sum(x)


def examples():
    yield Net(), (torch.rand(2, 3),)
