# Met in fusion networks: how two branches are added is a module of its own.
# torch.jit.script: but instead found type '__torch__
import torch
import torch.nn as nn


class WeightedSum(nn.Module):
    def forward(
        self,
        x,
        y,
        weight: float = 0.5,
    ):
        if weight > 1.0:
            return x
        return weight * x + (1.0 - weight) * y


class Fusion(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.left = nn.Linear(dim, dim)
        self.right = nn.Linear(dim, dim)
        self.fuse = WeightedSum()

    def forward(self, x):
        return self.fuse(self.left(x), self.right(x), 0.25)


def examples():
    yield Fusion(4), (torch.randn(2, 4),)
