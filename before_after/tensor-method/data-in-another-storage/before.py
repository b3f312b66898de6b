# Met in quantisers: the range is replaced as a whole.
# torch.jit.script: Tried to set an attribute: data on a non-class
# Held back: self.low.data gets another storage
import torch
import torch.nn as nn


class Range(nn.Module):
    def __init__(self):
        super().__init__()
        self.low = nn.Parameter(torch.zeros(1))

    def forward(self, x):
        self.low.data = x.min()
        return x - self.low


def examples():
    yield Range(), (torch.rand(3),)
