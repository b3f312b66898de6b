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
        terms = [n * n for n in norms]
        sum_of_terms = 0 + terms[0]
        for term in terms[1:]:
            sum_of_terms = sum_of_terms + term
        return sum_of_terms + total


def examples():
    yield Penalised(2), (torch.rand(1),)
