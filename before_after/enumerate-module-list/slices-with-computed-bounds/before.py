# Met in progressive discriminators and in SSD: the size of the input says at which layer it begins.
# torch.jit.script: tuple slice indices must be integer constants
import torch
import torch.nn as nn


class Progressive(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(dim, dim) for _ in range(5)])
        self.size_to_layer = {4: 0, 2: 2, 1: -2}

    def forward(self, x):
        start = self.size_to_layer[x.shape[0]]
        for layer in self.layers[start:]:
            x = torch.relu(layer(x))
        for i, layer in enumerate(self.layers[start:]):
            if i == 1:
                x = x * 0.5
            x = layer(x)
        # How many there are is changed in the loop, and the slice is taken once.
        stop = start + 1
        for i, layer in enumerate(self.layers[start:stop], 1):
            stop = stop + i
            x = layer(x) * stop
        for layer in self.layers[1 : x.dim() - 1]:
            x = layer(x)
        for i, layer in enumerate(self.layers[-x.size(0) :]):
            x = layer(x) * i
        return x


def examples():
    yield Progressive(3), (torch.rand(1, 3),)
    yield Progressive(3), (torch.rand(2, 3),)
    yield Progressive(3), (torch.rand(4, 3),)
