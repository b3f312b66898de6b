# Met everywhere: a local or a parameter has the name of a constant.
# torch.jit.script: compiles
import torch
import torch.nn as nn

N = 3


class Repeated(nn.Module):
    def forward(self, x):
        N = x.size(0)
        return x * N


def examples():
    yield Repeated(), (torch.rand(3),)
