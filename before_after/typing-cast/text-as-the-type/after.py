# Met in code that a type checker reads: the type is written in quotes, and typing goes by its name.
# torch.jit.script: Expected a value of type 'Tensor (inferred)' for argument 'typ' but instead found type 'str'
import typing as t

import torch
import torch.nn as nn


class Scale(nn.Module):
    def __init__(self, dim: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.rand(dim))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        weight = self.weight
        return weight * x


def examples():
    yield Scale(3), (torch.rand(2, 3),)
