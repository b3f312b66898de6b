# Met in vocoders: every convolution has a norm.
# torch.jit.script: 'WeightNorm' object has no attribute '__name__'
import torch
import torch.nn as nn
from torch.nn.utils import weight_norm


class ResBlock(nn.Module):
    def __init__(self, channels, dilations=(1, 3)):
        super().__init__()
        self.convs = nn.ModuleList([
            weight_norm(nn.Conv1d(channels, channels, 3, padding=d, dilation=d)) for d in dilations
        ])

    def forward(self, x):
        for conv in self.convs:
            x = x + conv(torch.relu(x))
        return x


def examples():
    yield ResBlock(2), (torch.rand(1, 2, 5),)
