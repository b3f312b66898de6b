# Met in libraries of activations: the module doubles as a function that is called on the class.
# torch.jit.script: has no attribute 'abs'
# Held back: SoftClip.forward is called without an instance
import torch
import torch.nn as nn


class SoftClip(nn.Module):
    @staticmethod
    def forward(x):
        return x / (1 + x.abs())


class Clipped(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.fc = nn.Linear(dim, dim)
        self.clip = SoftClip()
        self.start = SoftClip.forward(torch.ones(1)).item()

    def forward(self, x):
        return self.clip(self.fc(x)) + self.start


def examples():
    yield Clipped(4), (torch.randn(2, 4),)
