# Met in graph layers: each step multiplies.
# torch.jit.script: unsupported kind of augmented assignment: MatMult
import torch
import torch.nn as nn


class Steps(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.weight = nn.Parameter(torch.rand(dim, dim))

    def forward(self, x):
        x @= self.weight
        x @= self.weight + self.weight
        return x


def examples():
    yield Steps(3), (torch.rand(2, 3),)
