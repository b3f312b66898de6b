# Met in VGG feature extractors: parts of a Sequential, and all layers but one.
# torch.jit.script: object has no attribute or method '__call__'
import torch
import torch.nn as nn


class Perceptual(nn.Module):
    def __init__(self, dim):
        super(Perceptual, self).__init__()
        self.layers = nn.ModuleList([nn.Linear(dim, dim) for _ in range(4)])
        self.features = nn.Sequential(nn.Linear(dim, dim), nn.ReLU(), nn.Linear(dim, dim), nn.ReLU())

    def forward(self, x):
        x = self.layers[0](x)
        for j, layer in enumerate(self.layers):
            if 1 <= j < len(self.layers) - 1:
                x = torch.relu(layer(x))
        for i, layer in enumerate(self.layers, -1):
            if i >= 0:
                x = x + layer(x) * i
        y = x
        for j, feature in enumerate(self.features):
            if j < 2:
                y = feature(y)
        out = y
        for j, feature in enumerate(self.features):
            if j >= 2:
                out = feature(out)
        return out


def examples():
    yield Perceptual(3), (torch.rand(2, 3),)
