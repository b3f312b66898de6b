# Met in early exits: the last layer is given by a Tensor, or None means all of them.
# torch.jit.script: tuple slice indices must be integer constants
# Held back: nothing shows that depth is an int
import torch
import torch.nn as nn


class EarlyExit(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(dim, dim) for _ in range(4)])

    def forward(self, x, depth):
        for layer in self.layers[:depth]:
            x = torch.relu(layer(x))
        return x


def examples():
    yield EarlyExit(3), (torch.rand(2, 3), torch.tensor(2))
    yield EarlyExit(3), (torch.rand(2, 3), None)
