# Met in detection necks: the outputs of the layers that are listed.
# torch.jit.script: Comprehension ifs are not supported yet
from typing import List

import torch
import torch.nn as nn


class Neck(nn.Module):
    def __init__(self, dim, indices: List[int]):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(dim, dim) for _ in range(4)])
        self.indices = indices

    def forward(self, x):
        # of all layers, some
        outs = [layer(x) for i, layer in enumerate(self.layers)
                if i in self.indices]
        return torch.cat(outs, dim=1)


def examples():
    yield Neck(3, [1, 3]), (torch.rand(1, 3),)
