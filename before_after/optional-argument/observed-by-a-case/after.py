# Met where nothing in the file tells: a case that ran passed a list of tensors.
# torch.jit.script: Unsupported value kind: Tensor
# Observed: Fusion.forward extras: List[Tensor]; None
from typing import List, Optional

import torch
import torch.nn as nn


class Fusion(nn.Module):
    def __init__(self, dim):
        super(Fusion, self).__init__()
        self.fc = nn.Linear(dim, dim)

    def forward(self, x, extras: Optional[List[torch.Tensor]] = None):
        x = self.fc(x)
        if extras is not None:
            for extra in extras:
                x = x + extra
        return x


class Head(nn.Module):
    def __init__(self, dim):
        super(Head, self).__init__()
        self.fusion = Fusion(dim)

    def forward(self, x):
        return self.fusion(x)


def examples():
    yield Head(3), (torch.rand(2, 3),)
