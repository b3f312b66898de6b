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
        first = start
        if first < 0:
            first = max(first + len(self.layers), 0)
        for j, layer in enumerate(self.layers):
            if j >= first:
                x = torch.relu(layer(x))
        first = start
        if first < 0:
            first = max(first + len(self.layers), 0)
        for i, layer in enumerate(self.layers, -first):
            if i >= 0:
                if i == 1:
                    x = x * 0.5
                x = layer(x)
        # How many there are is changed in the loop, and the slice is taken once.
        stop = start + 1
        first = start
        if first < 0:
            first = max(first + len(self.layers), 0)
        last = stop
        if last < 0:
            last = max(last + len(self.layers), 0)
        for i, layer in enumerate(self.layers, 1 - first):
            if 1 <= i < 1 + last - first:
                stop = stop + i
                x = layer(x) * stop
        last = x.dim() - 1
        if last < 0:
            last = max(last + len(self.layers), 0)
        for j, layer in enumerate(self.layers):
            if 1 <= j < last:
                x = layer(x)
        first = -x.size(0)
        if first < 0:
            first = max(first + len(self.layers), 0)
        for i, layer in enumerate(self.layers, -first):
            if i >= 0:
                x = layer(x) * i
        return x


def examples():
    yield Progressive(3), (torch.rand(1, 3),)
    yield Progressive(3), (torch.rand(2, 3),)
    yield Progressive(3), (torch.rand(4, 3),)
