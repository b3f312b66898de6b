# Met in loops that shrink something: the next turn reads what this one has made.
# torch.jit.script: Variable 'x' previously had type Tensor
# Held back: both values of x reach the same use
import torch
import torch.nn as nn


class Shrink(nn.Module):
    def forward(self, x):
        total = 0
        for _ in range(2):
            total += len(x)
            x = list(x.size()) if isinstance(x, torch.Tensor) else x
        return torch.zeros(total)


def examples():
    yield Shrink(), (torch.rand(2, 3),)
