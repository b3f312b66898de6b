# Met in multi-branch networks: the branches' outputs are added up.
# torch.jit.script: Expected a value of type 'Tensor' for argument 'self' but instead found type 'List[Tensor]'
import torch
import torch.nn as nn


class Branches(nn.Module):
    def __init__(self, dim, count):
        super().__init__()
        self.branches = nn.ModuleList([nn.Linear(dim, dim) for _ in range(count)])

    def forward(self, x):
        terms = [branch(x) for branch in self.branches]
        total = 0 + terms[0]
        for term in terms[1:]:
            total = total + term
        # all branches see the same input
        return total


def examples():
    yield Branches(3, 3), (torch.rand(2, 3),)
    yield Branches(3, 1), (torch.rand(2, 3),)
