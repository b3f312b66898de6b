# Met in gated networks: helper methods read private layers.
# torch.jit.script: has no attribute '__gate'
import torch
import torch.nn as nn


class Gated(nn.Module):
    def __init__(self, dim):
        super(Gated, self).__init__()
        self.__gate = nn.Linear(dim, dim)

    def gate(self, x):
        return torch.sigmoid(self._Gated__gate(x))

    def name(self):
        return str(self.__gate)

    def forward(self, x):
        return x * self.gate(x)


def examples():
    yield Gated(3), (torch.rand(2, 3),)
