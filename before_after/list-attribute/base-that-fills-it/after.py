# Met in families of models: the base has the list; the class has annotations of its own, which hide
# those of its base.
# torch.jit.script: List trace inputs must have elements
from typing import List

import torch
import torch.nn as nn


class Base(nn.Module):
    def __init__(self):
        super().__init__()
        self.kept = []


class Net(Base):
    kept: List[torch.Tensor]
    scale: float

    def __init__(self):
        super().__init__()
        self.scale = 2.0

    def forward(self, x):
        self.kept.append(x * self.scale)
        return self.kept[-1]


def examples():
    yield Net(), (torch.rand(2, 3),)
