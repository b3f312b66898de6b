# Met in structural similarity: the range of values is found out, unless it is given.
# torch.jit.script: Type mismatch: span is set to type int in the true branch and type float
from typing import Optional

import torch
import torch.nn as nn


def similarity(x, y, val_range: Optional[float] = None):
    if val_range is None:
        if torch.max(x) > 128:
            span = 255
        else:
            span = 1
    else:
        span = val_range
    return ((x - y) / span).abs().mean()


class Similarity(nn.Module):
    def forward(self, x, y):
        return similarity(x, y)


def examples():
    yield Similarity(), (torch.rand(2, 3), torch.rand(2, 3))
