# Met in decoders that undo an encoder.
# torch.jit.script: but instead found type
import torch
import torch.nn as nn


class Undo(nn.Module):
    def __init__(self, dim, steps):
        super(Undo, self).__init__()
        self.steps = nn.ModuleList([nn.Linear(dim, dim) for _ in range(steps)])
        self.norms = nn.ModuleList([nn.LayerNorm(dim) for _ in range(steps)])

    def forward(self, z):
        for i in range(len(self.steps) - 1, -1, -1):
            for j, step in enumerate(self.steps):
                if j == i:
                    # the last one first
                    z = torch.tanh(step(z))
        for i in range(len(self.norms) - 1, -1, -1):
            for j, norm in enumerate(self.norms):
                if j == i:
                    z = norm(z)
        return z


def examples():
    yield Undo(3, 4), (torch.rand(2, 3),)
