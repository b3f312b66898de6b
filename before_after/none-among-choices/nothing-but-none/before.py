# Met in generated code: a list of one.
# torch.jit.script: aten::__contains__
from typing import Optional

import torch
import torch.nn as nn


class Shifted(nn.Module):
    def forward(self, x, shift: Optional[float] = None):
        if shift not in (None,):
            x = x + 1.0
        return x


def examples():
    yield Shifted(), (torch.rand(2, 3),)
    yield Shifted(), (torch.rand(2, 3), 1.0)
