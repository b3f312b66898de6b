# Met in generic helpers: what the Variable is given comes from a dict.
# torch.jit.script: keyword-arg expansion
# Held back: the Variable is given arguments that are not written out
import torch
import torch.nn as nn
from torch.autograd import Variable

OPTIONS = {"requires_grad": False}


class Noise(nn.Module):
    def forward(self, x):
        return x + Variable(torch.ones(2), **OPTIONS)


def examples():
    yield Noise(), (torch.rand(2),)
