# Met in code that a type checker reads: one cast in another.
# torch.jit.script: builtin cannot be used as a value
from typing import Any, cast

import torch
import torch.nn as nn


class Twice(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return cast(torch.Tensor, cast(Any, x).relu())


def examples():
    yield Twice(), (torch.rand(2, 3),)
