# Met in parsers of options: one of the values is asked for, and that is counted.
# torch.jit.script: aten::__contains__
# Held back: a value is worked out by a call
from typing import Optional

import torch
import torch.nn as nn


class Named(nn.Module):
    def usual(self) -> str:
        return "a"

    def forward(self, x, name: Optional[str] = None):
        if name in (None, self.usual()):
            x = x + 1.0
        return x


def examples():
    yield Named(), (torch.rand(2, 3),)
