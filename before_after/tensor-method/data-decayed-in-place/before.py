# Met in running averages: several operators one after the other.
# torch.jit.script: Tried to set an attribute: data on a non-class
import torch
import torch.nn as nn


class Decayed(nn.Module):
    def forward(self, x):
        y = x.clone()
        y.data += 0.5
        y.data -= x.mean()
        y.data /= 2
        return y


def examples():
    yield Decayed(), (torch.rand(5),)
