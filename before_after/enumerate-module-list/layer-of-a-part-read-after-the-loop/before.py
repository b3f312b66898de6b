# Met in heads with tied weights: the last layer that ran is used once more.
# torch.jit.script: object has no attribute or method '__call__'
# Held back: layer is read after the loop
import torch
import torch.nn as nn


class Tied(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(dim, dim) for _ in range(4)])

    def forward(self, x):
        for layer in self.layers[1:-1]:
            x = torch.relu(layer(x))
        return x @ layer.weight


def examples():
    yield Tied(3), (torch.rand(2, 3),)
