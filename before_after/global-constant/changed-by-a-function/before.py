# Met in scripts: the number is set from the command line before the model runs.
# torch.jit.script: Perhaps it is a closed over global variable
import torch
import torch.nn as nn

SCALE = 1.0


def configure(scale):
    global SCALE
    SCALE = scale


class Scaled(nn.Module):
    def forward(self, x):
        return x * SCALE


def examples():
    configure(2.0)
    yield Scaled(), (torch.rand(3),)
