# Met in pyramids: the first layer is called apart, and the others are counted on from it.
# torch.jit.script: object has no attribute or method '__call__'
import torch
import torch.nn as nn


class Pyramid(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(dim, dim) for _ in range(4)])

    def forward(self, x):
        x = self.layers[0](x)
        for i, layer in enumerate(self.layers):
            if i >= 1:
                x = x + layer(x) * i
        for i, layer in enumerate(self.layers):
            if 1 <= i < len(self.layers) - 1:
                x = x + layer(x) * i
        for i, layer in enumerate(self.layers, -1):
            if i >= 1:
                x = x + layer(x) * i
        for i, layer in enumerate(self.layers):
            x = x + layer(x) * i
        outputs = []
        for i, layer in enumerate(self.layers, 1):
            if i >= 2:
                outputs.append(layer(x) * i)
        return outputs


def examples():
    yield Pyramid(3), (torch.rand(2, 3),)
