# Met in backbones with named stages: a ModuleDict is gone through in an order of its own.
# torch.jit.script: ModuleDict indexing is only supported with string literals
import torch
import torch.nn as nn


class Stages(nn.Module):
    def __init__(self, dim, order=('stem', 'body', 'stem')):
        super(Stages, self).__init__()
        self.order = list(order)
        self.layers = nn.ModuleDict({'stem': nn.Linear(dim, dim), 'body': nn.Linear(dim, dim)})

    def _call_layers(self, key: str, x):
        for name, layer in self.layers.items():
            if name == key:
                return layer(x)
        raise KeyError(key)

    def forward(self, x):
        for name in self.order:
            x = self._call_layers(name, x)
        return x


def examples():
    yield Stages(3), (torch.rand(2, 3),)
