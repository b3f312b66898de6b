# Met in PoolNet's ConvertLayer: one layer for each feature map that is handed in.
# torch.jit.script: Expected integer literal for index
# Observed: ConvertLayer.forward list_x: List[Tensor]
from typing import List

import torch
import torch.nn as nn


class ConvertLayer(nn.Module):
    def __init__(self, list_k):
        super(ConvertLayer, self).__init__()
        up = []
        for i in range(len(list_k[0])):
            up.append(nn.Sequential(nn.Conv2d(list_k[0][i], list_k[1][i], 1, 1, bias=False), nn.ReLU()))
        self.convert0 = nn.ModuleList(up)

    def forward(self, list_x: List[torch.Tensor]):
        resl = []
        if len(list_x) > len(self.convert0):
            raise IndexError("index out of range")
        for i, convert in enumerate(self.convert0):
            if i < len(list_x):
                resl.append(convert(list_x[i]))
        return resl


def examples():
    maps = [torch.rand(1, 4, 8, 8), torch.rand(1, 6, 4, 4), torch.rand(1, 6, 4, 4)]
    yield ConvertLayer([[4, 6], [2, 3]]), (maps[:2],)
    yield ConvertLayer([[4, 6], [2, 3]]), (maps[:1],)
    yield ConvertLayer([[4, 6], [2, 3]]), (maps,)
