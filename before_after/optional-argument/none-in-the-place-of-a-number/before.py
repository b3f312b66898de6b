# Met in stochastic depth: the rate of a layer that was built without one is None, and handed on.
# torch.jit.script: Expected a value of type 'float' for argument 'rate' but instead found type 'NoneType'
import torch
import torch.nn as nn


def drop(x, rate: float = 0.0, training: bool = False):
    if rate == 0.0 or not training:
        return x
    keep = 1 - rate
    return x.div(keep) * (torch.rand(x.size(0), 1) < keep)


class Drop(nn.Module):
    def __init__(self, rate=None):
        super().__init__()
        self.rate = rate

    def forward(self, x):
        return drop(x, self.rate, self.training)


def examples():
    yield Drop(), (torch.rand(2, 3),)
