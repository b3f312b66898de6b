# Met in recurrent cells: the new state of each layer beside the output, and one state alone.
# torch.jit.script: cannot statically infer the expected size of a list in this context
import torch
import torch.nn as nn


class Step(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(dim, dim) for _ in range(2)])
        self.last = nn.ModuleList([nn.Linear(dim, dim)])

    def states(self, x):
        # One to one.
        return tuple(layer(x) for layer in self.last)

    def forward(self, x):
        states = self.states(x)
        return x + states[0], tuple([torch.tanh(layer(x)) for layer in self.layers])


def examples():
    yield Step(3), (torch.rand(2, 3),)
