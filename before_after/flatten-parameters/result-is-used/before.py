# Met in a chain of calls: what it gives, which is None, is kept.
# torch.jit.script: SetComp aren't supported
# Held back: its result is used
import torch
import torch.nn as nn


class Encoder(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.lstm = nn.LSTM(dim, dim)

    def forward(self, x):
        nothing = self.lstm.flatten_parameters()
        if nothing is None:
            x = x + 1.0
        return self.lstm(x)[0]


def examples():
    yield Encoder(3), (torch.rand(4, 2, 3),)
