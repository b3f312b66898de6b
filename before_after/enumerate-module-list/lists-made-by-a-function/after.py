# Met in transformers: `clones(layer, n)` makes the list, and the loop counts to n.
# torch.jit.script: Expected integer literal for index
import copy

import torch
import torch.nn as nn


def clones(module, n):
    return nn.ModuleList([copy.deepcopy(module) for _ in range(n)])


class Encoder(nn.Module):
    def __init__(self, d_model, num_layers):
        super(Encoder, self).__init__()
        self.num_layers = num_layers
        self.attention = clones(nn.Linear(d_model, d_model), num_layers)
        self.norms = clones(nn.LayerNorm(d_model), num_layers)

    def forward(self, x):
        for attention, norm in zip(self.attention, self.norms):
            x = x + attention(norm(x))
        return x


def examples():
    yield Encoder(4, 2), (torch.rand(2, 3, 4),)
