# Met in sound synthesis: what Python itself calls for a missing attribute, called by name.
# torch.jit.script: Unknown type name 'Module'
import torch
import torch.nn as nn


class MLP(nn.Module):
    def __init__(self, n_input, n_units, n_layer):
        super().__init__()
        self.n_layer = n_layer
        self.add_module(f'mlp_layer1', nn.Linear(n_input, n_units))
        for i in range(2, n_layer + 1):
            self.add_module(f'mlp_layer{i}', nn.Linear(n_units, n_units))

    def forward(self, x):
        for i in range(1, self.n_layer + 1):
            x = self.__getattr__(f'mlp_layer{i}')(x)
        return x


def examples():
    yield MLP(3, 4, 2), (torch.rand(2, 3),)
