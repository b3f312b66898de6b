# Met in code that a type checker reads: a sum is said to be a Tensor before it is multiplied.
# torch.jit.script: builtin cannot be used as a value
from typing import cast

import torch
import torch.nn as nn


class Mix(nn.Module):
    def forward(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        total = 2 * (x + y)
        return total * (x - y)


def examples():
    yield Mix(), (torch.rand(2, 3), torch.rand(2, 3))
