# Met in recurrent decoders: forward calls a method of its own with one argument less.
# torch.jit.script: Unsupported value kind: Tensor
import torch
import torch.nn as nn


class Decoder(nn.Module):
    def __init__(self, dim):
        super(Decoder, self).__init__()
        self.cell = nn.GRUCell(dim, dim)
        self.out = nn.Linear(dim, dim)

    def step(self, x, hidden=None):
        if hidden is None:
            hidden = torch.zeros_like(x)
        return self.cell(x, hidden)

    def forward(self, x):
        hidden = self.step(x)
        hidden = self.step(self.out(hidden), hidden)
        return self.out(hidden)


def examples():
    yield Decoder(3), (torch.rand(2, 3),)
