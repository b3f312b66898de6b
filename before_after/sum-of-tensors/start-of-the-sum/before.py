# Met in regularised losses: the sum begins with the loss so far.
# torch.jit.script: Expected a value of type 'Tensor' for argument 'self' but instead found type 'List[Tensor]'
import torch
import torch.nn as nn


class Penalised(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.first = nn.Linear(dim, dim)
        self.second = nn.Linear(dim, dim)

    def forward(self, total):
        weights = [self.first.weight, self.second.weight]
        norms = [w.abs().sum() for w in weights]
        return sum([n * n for n in norms]) + total


def examples():
    yield Penalised(2), (torch.rand(1),)
