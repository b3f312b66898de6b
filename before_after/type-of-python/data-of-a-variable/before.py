# Met in code from the time of Variables: their Tensor is taken out of them.
# torch.jit.script: hasattr's first argument must be an object or NamedTuple
import torch
import torch.nn as nn


def is_long(x):
    if hasattr(x, "data"):
        x = x.data
    return x.dtype == torch.int64


class Loss(nn.Module):
    def forward(self, x, target):
        if hasattr(target, "lengths"):
            target = target.lengths
        if is_long(target):
            return x.gather(1, target)
        return x * target


def examples():
    yield Loss(), (torch.rand(2, 3), torch.tensor([[1], [2]]))
