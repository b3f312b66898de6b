# Met in autoregressive models: the weights that look ahead are zeroed before every call.
# torch.jit.script: Tried to set an attribute: data on a non-class
import torch
import torch.nn as nn


class MaskedConv(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv1d(2, 2, 3, padding=1)
        self.register_buffer("mask", torch.tensor([1.0, 1.0, 0.0]))

    def forward(self, x):
        self.conv.weight.data.mul_(self.mask)  # nothing of the future
        return self.conv(x)


def examples():
    yield MaskedConv(), (torch.rand(1, 2, 5),)
