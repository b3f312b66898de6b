# Met in perceptrons with a flag per layer: the index picks more than the layer.
# torch.jit.script: Expected integer literal for index
import torch
from torch import nn


class MLP(nn.Module):
    def __init__(self, sizes):
        super(MLP, self).__init__()
        self.n_layers = len(sizes) - 1
        self.layers = nn.ModuleList([nn.Linear(a, b) for a, b in zip(sizes[:-1], sizes[1:])])
        self.scales = [1.0, 0.5, 0.25]

    def forward(self, x):
        for i in range(len(self.layers)):
            x = self.layers[i](x) * self.scales[i]
            if i != self.n_layers - 1:  # the last one is linear
                x = torch.relu(x)
        return x


def examples():
    yield MLP([4, 8, 8, 2]), (torch.rand(3, 4),)
