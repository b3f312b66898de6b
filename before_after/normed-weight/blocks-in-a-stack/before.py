# Met in text matching: small classes around a normed layer, many of them in one model.
# torch.jit.script: 'WeightNorm' object has no attribute '__name__'
import torch
from torch import nn
from torch.nn.utils import weight_norm


class Dense(nn.Module):
    def __init__(self, inside, outside):
        super().__init__()
        self.layers = nn.Sequential(weight_norm(nn.Linear(inside, outside)), nn.ReLU())

    def forward(self, x):
        return self.layers(x)


class Stack(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.blocks = nn.Sequential(Dense(2 * dim, dim), Dense(dim, 3 * dim), Dense(3 * dim, 1))

    def forward(self, a, b):
        return self.blocks(torch.cat([a, b], -1))


def examples():
    yield Stack(4), (torch.rand(2, 4), torch.rand(2, 4))
