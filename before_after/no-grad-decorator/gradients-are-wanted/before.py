# Met in physics: a part that wants gradients whatever is around it; one function calls another.
# torch.jit.script: undefined value math
# Held back: TorchScript has no torch.enable_grad
import math

import torch
import torch.nn as nn


@torch.enable_grad()
def energy(x):
    return math.pi * x.pow(2).sum()


class Energy(nn.Module):
    def forward(self, x):
        return energy(x)


def examples():
    yield Energy(), (torch.rand(2, 3),)
