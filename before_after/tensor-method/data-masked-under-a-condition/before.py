# Met in pruning: the mask holds only in evaluation.
# torch.jit.script: Tried to set an attribute: data on a non-class
import torch
import torch.nn as nn


class Pruned(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(3))
        self.register_buffer("mask", torch.tensor([1.0, 0.0, 1.0]))

    def forward(self, x):
        if not self.training: self.weight.data *= self.mask
        return x * self.weight


def examples():
    yield Pruned(), (torch.rand(3),)
