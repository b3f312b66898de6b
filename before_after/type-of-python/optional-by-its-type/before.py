# Met where what may be missing is asked for its type.
# torch.jit.script: type(Tensor 0) -> Tensor 0
from typing import Optional

import torch
import torch.nn as nn
from torch import Tensor


class Merge(nn.Module):
    def forward(self, x, meta: Optional[Tensor] = None):
        if type(meta) == torch.Tensor:
            x = x + meta
        return x * 2


def examples():
    yield Merge(), (torch.rand(2, 3),)
    yield Merge(), (torch.rand(2, 3), torch.rand(2, 3))
