# Met in samplers: the number is asked for before anything is added.
# torch.jit.script: as a scalar argument
# Held back: total is used where a number is not the same as a Tensor
import torch
import torch.nn as nn


class Sampler(nn.Module):
    def forward(self, xs):
        total = 0
        for x in xs.unbind(0):
            if isinstance(total, int):
                total = x * 2
            else:
                total = total + x
        return total


def examples():
    yield Sampler(), (torch.rand(3, 2),)
