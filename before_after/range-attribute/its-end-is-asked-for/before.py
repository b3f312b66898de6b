# Met anywhere: a range knows more of itself than a list.
# torch.jit.script: failed to convert Python type: 'range'
# Held back: more is done with self.steps than with a list
import torch
import torch.nn as nn


class Steps(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.steps = range(n)

    def forward(self, x):
        for i in self.steps:
            x = x + i
        return x / self.steps.stop


def examples():
    yield Steps(3), (torch.rand(2),)
