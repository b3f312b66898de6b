# Met in convolutional encoders: a private list of layers, and a private number.
# torch.jit.script: has no attribute '__layers'
import torch
import torch.nn as nn


class Stack(nn.Module):
    def __init__(self, dim, scale=0.5):
        super(Stack, self).__init__()
        self.__scale = scale
        self.__layers = nn.ModuleList([nn.Linear(dim, dim) for _ in range(2)])

    def forward(self, x):
        outs = []
        for layer in self._Stack__layers:
            x = layer(x) * self._Stack__scale
            outs.append(x)
        return torch.cat(outs, dim=1)


def examples():
    yield Stack(3), (torch.rand(2, 3),)
