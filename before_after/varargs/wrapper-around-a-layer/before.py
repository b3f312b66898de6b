# Met in spectral normalization and distributed wrappers: whatever comes is handed on.
# torch.jit.script: Compiled functions can't take variable number of arguments
import torch
import torch.nn as nn


class Counted(nn.Module):
    def __init__(self, module):
        super().__init__()
        self.module = module

    def forward(self, *inputs, **kwargs):
        return self.module(*inputs, **kwargs)


class Mix(nn.Module):
    def forward(self, x, y, ratio: float):
        return x * ratio + y


def examples():
    yield Counted(Mix()), (torch.rand(2), torch.rand(2)), {"ratio": 0.5}
