# Met in backbones: a way that is only gone in another mode.
# torch.jit.script: cannot statically infer the expected size of a list in this context
# Held back: cases saw it return Tensor
import torch
import torch.nn as nn


class Backbone(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(dim, dim) for _ in range(2)])

    def forward(self, x, as_list: bool = False):
        outs = []
        for layer in self.layers:
            x = layer(x)
            outs.append(x)
        if as_list:
            return tuple(outs)
        return x


def examples():
    yield Backbone(3), (torch.rand(2, 3),)
