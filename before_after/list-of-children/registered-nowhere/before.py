# Met by mistake: nothing registers the layers, and their weights are in no state_dict.
# torch.jit.script: Cannot infer concrete type of torch.nn.Module
# Held back: registers layers in several places, or none
import torch
import torch.nn as nn


class Mixed(nn.Module):
    def __init__(self, dim, count):
        super().__init__()
        self.layers = []
        for _ in range(count):
            self.layers.append(nn.Linear(dim, dim))

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x


def examples():
    yield Mixed(3, 2), (torch.rand(2, 3),)
