# Met in notebooks that became modules: the name of the package is given away.
# torch.jit.script: attribute lookup is not defined on python value of type 'module'
# Held back: `torch` means something else in this function
import torch
import torch.nn as nn
from torch.cuda import is_available


class Light(nn.Module):
    def forward(self, x):
        torch = x.mean()
        if is_available():
            torch = torch.cuda()
        return x * torch


def examples():
    yield Light(), (__import__("torch").rand(2, 3),)
