# Met everywhere: literal indices, negative ones too, compile as they stand.
# torch.jit.script: compiles
import torch
import torch.nn as nn


class Two(nn.Module):
    def __init__(self, dim):
        super(Two, self).__init__()
        self.layers = nn.ModuleList([nn.Linear(dim, dim) for _ in range(2)])

    def forward(self, x):
        return self.layers[-1](self.layers[0](x))


def examples():
    yield Two(3), (torch.rand(2, 3),)
