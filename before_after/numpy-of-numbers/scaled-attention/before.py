# Met in attention: the scores are divided by the root of the number of channels.
# torch.jit.script: cannot create weak reference to 'numpy.ufunc' object
import numpy as np
import torch
import torch.nn as nn


class Attention(nn.Module):
    def __init__(self, channels, heads):
        super().__init__()
        self.d_k = channels // heads
        self.q = nn.Linear(channels, channels)

    def forward(self, x):
        scores = self.q(x) @ x.transpose(-2, -1) / np.sqrt(self.d_k)
        return torch.softmax(scores * np.sqrt(2 / np.pi) / np.sqrt(x.size(-1)), -1)


def examples():
    yield Attention(6, 2), (torch.rand(1, 3, 6),)
