# Met in hashing: an operator that Tensor has no plain method in place for.
# torch.jit.script: Tried to set an attribute: data on a non-class
# Held back: y.data gets another storage
import torch
import torch.nn as nn


class Powers(nn.Module):
    def forward(self, x):
        y = x.clone()
        y.data **= 2
        return y


def examples():
    yield Powers(), (torch.rand(3),)
