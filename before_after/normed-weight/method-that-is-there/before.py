# Met where somebody has thought of scripting.
# torch.jit.script: 'WeightNorm' object has no attribute '__name__'
# Held back: Net says itself what is compiled of it
import torch
import torch.nn as nn
from torch.nn.utils import weight_norm


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = weight_norm(nn.Linear(3, 3))

    def __prepare_scriptable__(self):
        return self

    def forward(self, x):
        return self.linear(x)


def examples():
    yield Net(), (torch.rand(2, 3),)
