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
        for layer in self.layers[1:-1]:
            x = torch.relu(layer(x))
        for i, layer in enumerate(self.layers[1:]):
            x = x + layer(x) * i
        y = self.features[:2](x)
        return self.features[2:](y)


def examples():
    yield Perceptual(3), (torch.rand(2, 3),)
