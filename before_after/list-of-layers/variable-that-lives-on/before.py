# Met in experiments: the last layer of the loop is asked for later.
# torch.jit.script: Cannot infer concrete type of torch.nn.Module
# Held back: layer is used outside of the loop
import torch
import torch.nn as nn


class Twice(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.one = nn.Linear(dim, dim)
        self.two = nn.Linear(dim, dim)
        self.layers = (self.one, self.two)

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return layer(x)


def examples():
    yield Twice(3), (torch.rand(2, 3),)
