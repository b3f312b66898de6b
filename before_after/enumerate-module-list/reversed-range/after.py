# Met in flows, whose inverse takes the layers from the last to the first.
# torch.jit.script: Expected integer literal for index
import torch
import torch.nn as nn


class Flow(nn.Module):
    def __init__(self, dim, steps):
        super(Flow, self).__init__()
        self.steps = nn.ModuleList([nn.Linear(dim, dim) for _ in range(steps)])

    def forward(self, z):
        for i in range(len(self.steps) - 1, -1, -1):
            for j, step in enumerate(self.steps):
                if j == i:
                    z = torch.tanh(step(z))
        return z


def examples():
    yield Flow(3, 4), (torch.rand(2, 3),)
