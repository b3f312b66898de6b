# Met where the type of a result is asked: to ask it three times would be to compute it thrice.
# torch.jit.script: Boolean value of Tensor with more than one value is ambiguous
# Held back: what is compared would be computed several times
import torch
import torch.nn as nn


class Check(nn.Module):
    def forward(self, x, y):
        if (x + 1).type() == y.type():
            return x + y
        return x


def examples():
    yield Check(), (torch.rand(2), torch.rand(2))
