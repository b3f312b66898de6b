# Met where the argument is only passed round: a case that supplies it would decide.
# torch.jit.script: Unsupported value kind: Tensor
# Held back: nothing in the path shows its type
# Observed: nothing
import torch
import torch.nn as nn


class Scale(nn.Module):
    def forward(self, x, factor=None):
        if factor is not None:
            x = x / factor
        return x


class Net(nn.Module):
    def __init__(self):
        super(Net, self).__init__()
        self.scale = Scale()

    def forward(self, x):
        return self.scale(x)


def examples():
    yield Net(), (torch.rand(3),)
