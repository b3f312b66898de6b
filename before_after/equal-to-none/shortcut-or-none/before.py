# Met in residual networks: whether there is a downsampling is asked by !=.
# torch.jit.script: '__ne__'
import torch
import torch.nn as nn


class Bottleneck(nn.Module):
    def __init__(self, dim, downsample=None):
        super(Bottleneck, self).__init__()
        self.conv = nn.Conv2d(dim, dim, 1)
        self.downsample = downsample

    def forward(self, x):
        out = self.conv(x)
        if self.downsample != None:
            x = self.downsample(x)
        return out + x


def examples():
    yield Bottleneck(3, nn.Conv2d(3, 3, 1)), (torch.rand(1, 3, 4, 4),)
