# Met in language models: the mask is made at the first call, and when the length changes.
# torch.jit.script: 'Optional[Tensor]' object has no attribute or method 'size'
from typing import Optional

import torch
import torch.nn as nn


class Masked(nn.Module):
    mask: Optional[torch.Tensor]

    def __init__(self):
        super().__init__()
        self.mask = None
        self.causal = True

    def forward(self, x):
        if self.causal:
            if self.mask is None or self.mask.size(0) != x.size(0):
                self.mask = torch.ones(x.size(0), x.size(0)).tril()
            x = self.mask.matmul(x)
        return x


def examples():
    yield Masked(), (torch.rand(2, 3),)
