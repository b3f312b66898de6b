# Met in code that a type checker reads: what a module gives back is said to be a Tensor.
# torch.jit.script: builtin cannot be used as a value
from typing import cast

import torch
import torch.nn as nn


class Block(nn.Module):
    def __init__(self, dim: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(dim, dim), nn.ReLU())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return cast(torch.Tensor, self.layers(x))  # a Sequential gives back Any


def examples():
    yield Block(3), (torch.rand(2, 3),)
