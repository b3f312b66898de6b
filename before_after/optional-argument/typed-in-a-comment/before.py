# Met in code that supported Python 2: a type comment says it all.
# torch.jit.script: compiles
from typing import Optional

import torch
import torch.nn as nn
from torch import Tensor


class Dropout(nn.Module):
    def forward(self, x, noise=None):
        # type: (Tensor, Optional[Tensor]) -> Tensor
        if noise is None:
            noise = torch.ones_like(x)
        return x * noise


def examples():
    yield Dropout(), (torch.rand(2, 2),)
