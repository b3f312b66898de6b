# Met in code that follows Python's newer fashions: the input has no name for callers.
# torch.jit.script: methods must have a self argument
import torch
import torch.nn as nn


class Net(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.fc = nn.Linear(dim, dim)

    def forward(self, x, /):
        return self.fc(x)


def examples():
    yield Net(2), (torch.rand(2, 2),)
