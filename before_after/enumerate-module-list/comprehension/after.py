# Met in heads that apply one layer per branch in a list comprehension.
# torch.jit.script: Expected integer literal for index
from typing import List

import torch
import torch.nn as nn
from torch import Tensor


class Branches(nn.Module):
    def __init__(self, dim, count):
        super(Branches, self).__init__()
        self.branches = nn.ModuleList([nn.Linear(dim, dim) for _ in range(count)])

    def forward(self, x):
        return torch.cat([branch(x) for branch in self.branches], dim=1)


class BranchesOfMaps(Branches):
    def forward(self, xs: List[Tensor]):
        if len(xs) > len(self.branches):
            raise IndexError("index out of range")
        outputs = []
        for i, branch_layer in enumerate(self.branches):
            if i < len(xs):
                outputs.append(branch_layer(xs[i]).detach())
        xs = outputs
        outputs = []
        for j, branch in enumerate(self.branches):
            if j < len(xs):
                outputs.append(branch(xs[j]))
        return torch.cat(outputs, dim=1)


def examples():
    yield Branches(3, 2), (torch.rand(2, 3),)
    yield BranchesOfMaps(3, 2), ([torch.rand(2, 3), torch.rand(2, 3)],)
    yield BranchesOfMaps(3, 2), ([torch.rand(2, 3)],)
