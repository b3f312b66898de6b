# Met in normalisations with an activation built in: its name is a constant, and so is a switch.
# torch.jit.script: Perhaps it is a closed over global variable
import torch
import torch.nn as nn

ACT_RELU = "relu"
ACT_NONE = "none"
DEBUG = False


class Activated(nn.Module):
    def __init__(self, activation=ACT_RELU):
        super().__init__()
        self.activation = activation

    def forward(self, x):
        if DEBUG:
            print(x.shape)
        if self.activation == ACT_RELU:
            return torch.relu(x)
        elif self.activation == ACT_NONE:
            return x
        raise RuntimeError("unknown activation")


def examples():
    yield Activated(), (torch.randn(4),)
    yield Activated(ACT_NONE), (torch.randn(4),)
