# Met in attention: an optional mask is compared in the same way as the layer.
# torch.jit.script: has no attribute or method '__ne__'
from typing import Optional

import torch
import torch.nn as nn
from torch import Tensor


class Attention(nn.Module):
    def __init__(self, proj):
        super().__init__()
        self.proj = proj

    def forward(self, x: Tensor, mask: Optional[Tensor] = None):
        if self.proj != None:
            x = self.proj(x)
        if mask != None:
            x = x * mask
        return x


def examples():
    yield Attention(nn.Linear(4, 4)), (torch.rand(2, 4),)
    yield Attention(nn.Linear(4, 4)), (torch.rand(2, 4), torch.ones(2, 4))
