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
        return torch.cat([self.branches[i](x) for i in range(len(self.branches))], dim=1)


class BranchesOfMaps(Branches):
    def forward(self, xs: List[Tensor]):
        xs = [self.branches[i](x).detach() for i, x in enumerate(xs)]
        return torch.cat([branch(x) for branch, x in zip(self.branches, xs)], dim=1)


def examples():
    yield Branches(3, 2), (torch.rand(2, 3),)
    yield BranchesOfMaps(3, 2), ([torch.rand(2, 3), torch.rand(2, 3)],)
    yield BranchesOfMaps(3, 2), ([torch.rand(2, 3)],)
