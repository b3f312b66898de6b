# Met in mobile detection networks: the activation of every convolution is a static forward.
# torch.jit.script: object has no attribute or method
import torch
import torch.nn as nn
import torch.nn.functional as F


class HardSwish(nn.Module):  # exports better than nn.Hardswish
    # x * hardsigmoid(x)
    @staticmethod
    def forward(x):
        """Swish made of straight lines.

        Cheap on a phone.
        """
        # three pieces
        return x * F.hardtanh(x + 3, 0.0, 6.0) / 6.0  # divided last


class ConvBlock(nn.Module):
    def __init__(self, c1, c2):
        super(ConvBlock, self).__init__()
        self.conv = nn.Conv2d(c1, c2, 3, padding=1, bias=False)
        self.bn = nn.BatchNorm2d(c2)
        self.act = HardSwish()

    def forward(self, x):
        return self.act(self.bn(self.conv(x)))


def examples():
    yield ConvBlock(3, 4), (torch.randn(2, 3, 8, 8),)
