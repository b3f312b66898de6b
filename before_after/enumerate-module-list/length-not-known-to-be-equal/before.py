# Met where a builder hands in the layers: nothing shows that there are num_layers of them.
# torch.jit.script: Expected integer literal for index
import torch
import torch.nn as nn


class Stack(nn.Module):
    def __init__(self, layers, num_layers):
        super(Stack, self).__init__()
        self.layers = nn.ModuleList(layers)
        self.num_layers = num_layers

    def forward(self, x):
        for i in range(self.num_layers):
            x = torch.relu(self.layers[i](x))
        return x


def examples():
    layers = [nn.Linear(4, 4) for _ in range(3)]
    yield Stack(layers, 3), (torch.rand(2, 4),)
    yield Stack(layers, 2), (torch.rand(2, 4),)
    yield Stack(layers, 4), (torch.rand(2, 4),)
