# Met in growing networks: the list that the loop goes over changes meanwhile.
# torch.jit.script: Expected integer literal for index
# Held back: self.layers is changed while it is looped over
import torch
import torch.nn as nn


class Growing(nn.Module):
    def __init__(self, dim):
        super(Growing, self).__init__()
        self.layers = nn.ModuleList([nn.Linear(dim, dim)])

    def forward(self, x):
        for i in range(len(self.layers)):
            x = self.layers[i](x)
            if self.training:
                self.layers.append(nn.Linear(3, 3))
        return x


def examples():
    yield Growing(3), (torch.rand(2, 3),)
