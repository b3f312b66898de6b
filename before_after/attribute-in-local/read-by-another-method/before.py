# Met in flows: forward keeps what another method that it calls reads.
# torch.jit.script: Wrong type for attribute assignment. Expected int but got Tensor
# Held back: Flow.scaled reads scale as well, and is compiled
import torch
import torch.nn as nn


class Flow(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = 1

    def forward(self, x):
        self.scale = x.abs().max()
        return self.scaled(x)

    def scaled(self, x):
        return x / self.scale


def examples():
    yield Flow(), (torch.rand(2, 3),)
