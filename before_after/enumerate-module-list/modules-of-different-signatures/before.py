# Met in recurrent decoders: the modules of one list are called in different ways.
# torch.jit.script: Expected integer literal for index
# Held back: a guard is compiled for every module of self.cells, and First takes other arguments
import torch
import torch.nn as nn


class First(nn.Module):
    def forward(self, x):
        return x * 2


class Other(nn.Module):
    def forward(self, x, h):
        return x + h


class Decoder(nn.Module):
    def __init__(self):
        super(Decoder, self).__init__()
        self.cells = nn.ModuleList([First(), Other(), Other()])

    def forward(self, x):
        h = self.cells[0](x)
        for i in range(1, len(self.cells)):
            x = self.cells[i](x, h)
        return x


def examples():
    yield Decoder(), (torch.rand(2, 3),)
