# Met in stacks of layers: each in its turn of a loop, and one beside.
# torch.jit.script: SetComp aren't supported
import torch
from torch import nn


class Stack(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.layers = nn.ModuleList([nn.GRU(dim, dim) for _ in range(2)])
        self.last = nn.GRU(dim, 2)

    def forward(self, x):
        for layer in self.layers:
            if not torch.jit.is_scripting():
                layer.flatten_parameters()
            x, _ = layer(x)
        if not torch.jit.is_scripting():
            self.last.flatten_parameters()
        return self.last(x)[0]


def examples():
    yield Stack(3), (torch.rand(4, 2, 3),)
