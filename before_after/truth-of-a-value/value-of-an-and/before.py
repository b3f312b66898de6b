# Met in attention layers: an `and` that stands for one of its two values.
# torch.jit.script: Could not cast value of type
# Held back: counts, not only its truth
import torch
import torch.nn as nn


class Scaled(nn.Module):
    def __init__(self, scale=None):
        super().__init__()
        self.scale = scale
        self.proj = nn.Linear(3, 3)

    def forward(self, x):
        factor = self.scale and 2.0
        out = self.proj(x)
        return out if factor is None else out * factor


def examples():
    yield Scaled(), (torch.rand(2, 3),)
