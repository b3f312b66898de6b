# Met where the answer is kept: a bool, whichever it is.
# torch.jit.script: Boolean value of Tensor with more than one value is ambiguous
import torch
import torch.nn as nn


class Same(nn.Module):
    def forward(self, x, y):
        same = (x.dtype == y.dtype and x.device.type == y.device.type and x.layout == y.layout)
        if same:
            return x + y
        return x


def examples():
    yield Same(), (torch.rand(2), torch.rand(2))
    yield Same(), (torch.rand(2), torch.ones(2).long())
