# Met in vision transformers: no rate is given, and None goes where a float is wanted. No float helps.
# torch.jit.script: Expected a value of type 'float' for argument 'rate' but instead found type 'NoneType'
import torch
import torch.nn as nn


def thin_out(x, rate: float = 0.0, training: bool = False):
    if rate == 0.0 or not training:
        return x
    return x * (torch.rand(x.size(0), 1) > rate)


class ThinOut(nn.Module):
    def __init__(self, rate=None):
        super().__init__()
        self.rate = rate

    def forward(self, x):
        return thin_out(x, self.rate, self.training)


def examples():
    yield ThinOut(), (torch.rand(2, 3),)
