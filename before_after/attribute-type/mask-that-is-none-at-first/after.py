# Met in quantised layers: the last output is kept, and is None before there is one.
# torch.jit.script: Wrong type for attribute assignment. Expected NoneType but got Tensor
from typing import Optional

import torch
import torch.nn as nn


class CachedDropout(nn.Module):
    cached_out: Optional[torch.Tensor]

    def __init__(self, p):
        super(CachedDropout, self).__init__()
        self.drop = nn.Dropout(p)
        self.cached_out = None

    def forward(self, x):
        out = self.drop(x)
        self.cached_out = out
        return out


def examples():
    yield CachedDropout(0.5), (torch.rand(2, 3),)
