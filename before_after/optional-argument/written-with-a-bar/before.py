# Met in code of today: the file writes `X | None` elsewhere, so that is what it gets.
# torch.jit.script: compiles
# torch.jit.save: strides() called on an undefined Tensor
from __future__ import annotations

import torch
from torch import nn


class Film(nn.Module):
    def __init__(self, dim: int, hidden: int | None = None):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(dim, hidden or dim), nn.ReLU(), nn.Linear(hidden or dim, dim))

    def forward(self, x: torch.Tensor, cond=None) -> torch.Tensor:
        x = self.net(x)
        if cond is not None:
            x = x + cond.unsqueeze(1)
        return x


def examples():
    yield Film(3), (torch.rand(2, 4, 3), torch.rand(2, 3))
