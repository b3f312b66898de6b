# Met in layers that check their inputs: both are of one class.
# torch.jit.script: expected value of type Tensor for return value but instead got
import torch
import torch.nn as nn


class Add(nn.Module):
    def forward(self, x, y):
        assert (type(x) == type(y) if not torch.jit.is_scripting() else True), "of one kind"
        return x + y


def examples():
    yield Add(), (torch.rand(2), torch.rand(2))
