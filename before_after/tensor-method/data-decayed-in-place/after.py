# Met in running averages: several operators one after the other.
# torch.jit.script: Tried to set an attribute: data on a non-class
import torch
import torch.nn as nn


class Decayed(nn.Module):
    def forward(self, x):
        y = x.clone()
        y.data.add_(0.5)
        y.data.sub_(x.mean())
        y.data.div_(2)
        return y


def examples():
    yield Decayed(), (torch.rand(5),)
