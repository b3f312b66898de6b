# Met in pyramids: a list of sizes, which code may change.
# torch.jit.script: cannot be used as a value
# Held back: SIZES is a list, which code may change
import torch
import torch.nn as nn

SIZES = [1, 2]


class Sizes(nn.Module):
    def forward(self, x):
        return x * len(SIZES)


def examples():
    yield Sizes(), (torch.rand(3),)
