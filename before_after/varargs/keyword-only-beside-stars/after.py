# Met in wrappers around attention: stars for what is handed on, and options of its own.
# torch.jit.script: Compiled functions can't take variable number of arguments
import torch
import torch.nn as nn


class Memory(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.fc = nn.Bilinear(dim, dim, dim)

    def forward(self, input0, input1, residual: bool = True):
        out = self.fc(input0, input1)
        return out + input0 if residual else out


class Net(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.memory = Memory(dim)

    def forward(self, x):
        return self.memory(x, x + 1) + self.memory(x, x, residual=False)


def examples():
    yield Net(3), (torch.rand(2, 3),)
