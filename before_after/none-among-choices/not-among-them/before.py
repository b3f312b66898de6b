# Met in decoders: a mode that nobody knows is refused, beside another condition.
# torch.jit.script: aten::__contains__
from typing import Optional

import torch
import torch.nn as nn


class Decoder(nn.Module):
    def forward(self, x, mode: Optional[str] = None, scale: Optional[int] = None):
        if mode not in [None, "half"]:
            raise ValueError(mode)
        if x.dim() == 2 and not (scale in [2, None, 3]):
            x = x * 2.0
        return x + 1.0 if x.dim() > 1 and mode in ["half", None] else x


def examples():
    yield Decoder(), (torch.rand(2, 3),)
    yield Decoder(), (torch.rand(2, 3), "half", 2)
    yield Decoder(), (torch.rand(2, 3), None, 4)
