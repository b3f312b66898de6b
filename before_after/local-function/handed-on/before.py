# Met in residual layers that take the function they surround.
# torch.jit.script: Lambda aren't supported
# Held back: sublayer is handed on, not only called
import torch
import torch.nn as nn


class Residual(nn.Module):
    def forward(self, x, sublayer):
        return x + sublayer(x)


class EncoderLayer(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.fc = nn.Linear(size, size)
        self.residual = Residual()

    def forward(self, x, mask):
        sublayer = lambda t: self.fc(t) * mask
        return self.residual(x, sublayer)


def examples():
    yield EncoderLayer(4), (torch.rand(2, 4), torch.ones(2, 4))
