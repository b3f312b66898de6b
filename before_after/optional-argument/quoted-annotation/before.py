# Met in code with forward references: the annotation is a string, and stays one.
# torch.jit.script: compiles
# torch.jit.save: strides() called on an undefined Tensor
from typing import List, Optional

import torch
import torch.nn as nn


class Gate(nn.Module):
    def __init__(self, dim: int):
        super().__init__()
        self.lin = nn.Linear(dim, dim)

    def forward(self, x: "torch.Tensor", context: "torch.Tensor" = None) -> "torch.Tensor":
        g = torch.sigmoid(self.lin(x))
        if context is None:
            return x * g
        return x * g + context * (1 - g)


def examples():
    yield Gate(3), (torch.rand(2, 3), torch.rand(2, 3))
