# Met in PoolNet: the first and the last module have their own lines, the range is the list's.
# torch.jit.script: Expected integer literal for index
from typing import List

import torch
import torch.nn as nn
from torch import Tensor


class Merge(nn.Module):
    def __init__(self, layers):
        super(Merge, self).__init__()
        self.deep_pool = nn.ModuleList(layers)

    def forward(self, maps: List[Tensor]):
        merge = self.deep_pool[0](maps[0])
        for k in range(1, len(maps)-1):
            merge = self.deep_pool[k](merge + maps[k+1])
        return self.deep_pool[-1](merge)


def examples():
    maps = [torch.rand(2, 4) for _ in range(6)]
    yield Merge([nn.Linear(4, 4) for _ in range(4)]), (maps[:5],)
    yield Merge([nn.Linear(4, 4) for _ in range(4)]), (maps[:3],)
    yield Merge([nn.Linear(4, 4) for _ in range(4)]), (maps,)
