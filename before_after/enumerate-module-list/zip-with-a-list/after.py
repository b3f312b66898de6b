# Met in feature pyramids: a ModuleList zipped with a list of Tensors; the shorter one ends it.
# torch.jit.script: does not have a statically determinable length
from typing import List

import torch
from torch import Tensor, nn


class Lateral(nn.Module):
    def __init__(self, channels: List[int]):
        super().__init__()
        self.convs = nn.ModuleList([nn.Conv2d(c, 4, 1) for c in channels])

    def forward(self, xs: List[Tensor]) -> List[Tensor]:
        outs: List[Tensor] = []
        for i, conv in enumerate(self.convs):
            if i < len(xs):
                outs.append(conv(xs[i]))
        return outs


def examples():
    yield Lateral([2, 3]), ([torch.rand(1, 2, 8, 8), torch.rand(1, 3, 4, 4)],)
    yield Lateral([2, 3]), ([torch.rand(1, 2, 8, 8)],)
