# Met anywhere: the last layer is used once more.
# torch.jit.script: object has no attribute or method '__call__'
# Held back: layer means something outside of the loop as well
import torch
import torch.nn as nn


class Again(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(3, 3)
        self.b = nn.Linear(3, 3)

    def forward(self, x):
        for layer in (self.a, self.b):
            x = layer(x)
        return layer(x)


def examples():
    yield Again(), (torch.rand(1, 3),)
