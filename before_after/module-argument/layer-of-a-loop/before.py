# Met in pyramids: the layer that is passed is the variable of a loop.
# torch.jit.script: cannot call a value of type 'Tensor'
# Held back: layer of step is layer, which is no attribute of self
import torch
import torch.nn as nn


class Stack(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(dim, dim) for _ in range(3)])

    def step(self, layer, x):
        y = layer(x)
        return x + y

    def forward(self, x):
        for layer in self.layers:
            x = self.step(layer, x)
        return x


def examples():
    yield Stack(3), (torch.rand(2, 3),)
