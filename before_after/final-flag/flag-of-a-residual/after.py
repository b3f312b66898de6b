# Met in vector quantisation: a number that is None where the flag beside it is off.
# torch.jit.script: all inputs of range must be ints
from typing import Final

import torch
import torch.nn as nn


class Quantizer(nn.Module):
    use_residual: Final[bool]

    def __init__(self, dim, use_residual=False, num_quantizers=None):
        super().__init__()
        self.use_residual = use_residual
        self.num_quantizers = num_quantizers
        self.proj = nn.Linear(dim, dim)

    def forward(self, z):
        out = self.proj(z)
        if self.use_residual:
            for _ in range(self.num_quantizers):
                out = out + self.proj(out)
        return out


def examples():
    yield Quantizer(3), (torch.rand(2, 3),)
    yield Quantizer(3, True, 2), (torch.rand(2, 3),)
