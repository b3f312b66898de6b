# Met in detectors: a weighted sum of what it is given.
# torch.jit.script: failed to convert Python type: 'range'
from typing import List

import torch
import torch.nn as nn


class Sum(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.steps = list(range(n - 1))  # of the others
        self.w = nn.Parameter(torch.arange(1.0, n) / 2)

    def forward(self, x: List[torch.Tensor]):
        y = x[0]
        for i in self.steps:
            y = y + x[i + 1] * self.w[i]
        return y


def examples():
    yield Sum(3), ([torch.rand(2), torch.rand(2), torch.rand(2)],)
