# Met in tabular models: a batch is cut into virtual ones.
# torch.jit.script: cannot create weak reference to 'numpy.ufunc' object
import math

import torch
import torch.nn as nn
import numpy as np


class GhostNorm(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.size = size

    def forward(self, x):
        chunks = x.chunk(int(math.ceil(x.shape[0] / 4)), 0)
        half = float(math.floor(x.size(0) / 2)) + abs(-1.5)
        return torch.cat([chunk - chunk.mean() for chunk in chunks]) * half, math.pi


def examples():
    yield GhostNorm(4), (torch.rand(9, 3),)
