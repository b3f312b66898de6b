# Met in generators: what the last input was like is kept for printing.
# torch.jit.script: Tried to set nonexistent attribute: groups
import torch
from torch import nn


class Modulated(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.groups = 0
        self.share = 0.0
        self.kind = ""

    def forward(self, x):
        self.groups = x.size(0)
        self.share = 1.0 / self.groups
        self.kind = 'batched' if x.dim() > 2 else 'flat'
        return x.reshape(1, -1) * self.share


def examples():
    yield Modulated(3), (torch.rand(2, 3),)
