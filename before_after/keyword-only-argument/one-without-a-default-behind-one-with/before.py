# Met in attention layers: a default before the star, and none behind it.
# torch.jit.script: use keyword-only arguments with defaults
# Held back: memory would stand behind a default
import torch
import torch.nn as nn


class Attend(nn.Module):
    def forward(self, x, scale: float = 1.0, *, memory, add: bool = True):
        return x * scale + memory if add else x * scale


def examples():
    yield Attend(), (torch.rand(2, 2),), {"memory": torch.rand(2, 2)}
