# Met in mixtures of experts: the index is computed from the input.
# torch.jit.script: Expected integer literal for index
# Held back: nothing shows that the index
import torch
import torch.nn as nn


class Experts(nn.Module):
    def __init__(self, dim, count):
        super(Experts, self).__init__()
        self.experts = nn.ModuleList([nn.Linear(dim, dim) for _ in range(count)])

    def forward(self, x):
        best = x.sum(0).argmax()
        return self.experts[best](x)


def examples():
    yield Experts(3, 3), (torch.rand(2, 3),)
