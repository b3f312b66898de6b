# Met where somebody was too clever: the type is taken from a value.
# torch.jit.script: expected value of type Tensor for return value
# Held back: the type is worked out by a call
from typing import cast

import torch
import torch.nn as nn


class Clever(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return cast(type(x), x * 2)


def examples():
    yield Clever(), (torch.rand(2, 3),)
