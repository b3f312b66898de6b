# Met in every second attention layer: it scripts, it runs, and then it cannot be saved.
# torch.jit.script: compiles
# torch.jit.save: strides() called on an undefined Tensor
import math
from typing import Optional

import torch
import torch.nn as nn


class SelfAttention(nn.Module):
    """Scaled dot-product attention with one head."""

    def __init__(self, dim):
        super().__init__()
        self.query = nn.Linear(dim, dim)
        self.key = nn.Linear(dim, dim)
        self.scale = math.sqrt(dim)

    def forward(self, x, mask: Optional[torch.Tensor] = None):
        scores = torch.matmul(self.query(x), self.key(x).transpose(-2, -1)) / self.scale
        if mask is not None:
            scores = scores.masked_fill(mask == 0, -1e9)
        return torch.matmul(scores.softmax(dim=-1), x)


def examples():
    yield SelfAttention(4), (torch.rand(2, 3, 4), torch.ones(2, 3, 3).tril())
