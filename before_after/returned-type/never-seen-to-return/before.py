# Met where no case goes: only one that runs it could tell.
# torch.jit.script: Return value was annotated as having type Tensor
# Held back: what pair returns is not known
import torch
import torch.nn as nn


def pair(x: torch.Tensor) -> torch.Tensor:
    return x, x


class Net(nn.Module):
    def forward(self, x):
        if x.dim() == 3:
            first, second = pair(x)
            return first + second
        return x


def examples():
    yield Net(), (torch.rand(2, 3),)
