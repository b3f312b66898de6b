# Met where one model gives the option and another does not: it is none that nobody sets.
# torch.jit.script: has no attribute or method 'numpy'
import torch
import torch.nn as nn


class Masked(nn.Module):
    def forward(self, x, mask=None):
        if mask is not None:
            x = x * float(mask.numpy().sum())
        return x


def examples():
    yield Masked(), (torch.rand(2, 3),)
    yield Masked(), (torch.rand(2, 3), torch.rand(2, 3))
