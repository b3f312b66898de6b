# Met in recurrent models: as many states as there are layers, kept as a tuple until they are read.
# torch.jit.script: cannot statically infer the expected size of a list in this context
import torch
import torch.nn as nn


class States(nn.Module):
    def __init__(self, dim, count):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(dim, dim) for _ in range(count)])

    def forward(self, x):
        states = tuple([layer(x) for layer in self.layers])
        first, second = states
        return first * second


def examples():
    yield States(3, 2), (torch.rand(2, 3),)
