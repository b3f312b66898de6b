# Met in models with exits: the first confident layer decides.
# torch.jit.script: object has no attribute or method '__call__'
# Held back: the loop is left early
import torch
import torch.nn as nn


class Exits(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(3, 3)
        self.b = nn.Linear(3, 3)

    def forward(self, x):
        for layer in (self.a, self.b):
            x = layer(x)
            if bool(x.max() > 0.5):
                break
        return x


def examples():
    yield Exits(), (torch.rand(1, 3),)
