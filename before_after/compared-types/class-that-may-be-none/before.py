# Met where an argument may be missing: nothing is known of the parts of None.
# torch.jit.script: compiles
from typing import Optional

import torch
import torch.nn as nn
from torch import Tensor


class Add(nn.Module):
    def forward(self, x, y: Optional[Tensor] = None):
        if isinstance(y, torch.FloatTensor):
            return x + y
        return x


def examples():
    yield Add(), (torch.rand(2),)
    yield Add(), (torch.rand(2), torch.rand(2))
