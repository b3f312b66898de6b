# Met in light networks of 2019: a sum with its factor in the middle.
# torch.jit.script: as a scalar argument
import torch
import torch.nn as nn


class InvertedResidual(nn.Module):
    def __init__(self, channels):
        super(InvertedResidual, self).__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x):
        return torch.add(x, self.conv(x), alpha=1)


def examples():
    yield InvertedResidual(4), (torch.rand(1, 4, 8, 8),)
