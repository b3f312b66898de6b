# Met in codecs: normed layers in the model and in its blocks.
# torch.jit.script: 'WeightNorm' object has no attribute '__name__'
import torch
import torch.nn as nn
from torch.nn.utils import weight_norm

SIZE = 3


class Block(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.linear = weight_norm(nn.Linear(size, size), dim=None)

    def forward(self, x):
        return torch.relu(self.linear(x))


class Codec(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = weight_norm(nn.Linear(SIZE, SIZE))
        self.blocks = nn.Sequential(Block(SIZE), Block(SIZE))

    def forward(self, x):
        return self.blocks(self.first(x))


def examples():
    yield Codec(), (torch.rand(2, 3),)
