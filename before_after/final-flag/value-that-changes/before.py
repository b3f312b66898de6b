# Met in networks that grow: the flag is set again by a method that training calls.
# torch.jit.script: all inputs of range must be ints
# Held back: self.blend is not given its value just once
import torch
import torch.nn as nn


class Growing(nn.Module):
    def __init__(self, dim, steps=None):
        super(Growing, self).__init__()
        self.blend = False
        self.steps = steps
        self.proj = nn.Linear(dim, dim)

    def grow(self, steps):
        self.blend = True
        self.steps = steps

    def forward(self, x):
        if self.blend:
            for _ in range(self.steps):
                x = self.proj(x)
        return x


def examples():
    yield Growing(3), (torch.rand(2, 3),)
