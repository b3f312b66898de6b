# Met in resampling: a padding of 0 by default, and four of them from every caller.
# torch.jit.script: Tensor (inferred)
# Held back: padding was List[int] and int, which is no one type to TorchScript
import torch
import torch.nn as nn


def pad(x, padding=0):
    left, right = padding
    return nn.functional.pad(x, [left, right])


class Net(nn.Module):
    def forward(self, x):
        return pad(x, [1, 2])


def examples():
    yield Net(), (torch.rand(2, 3),)
