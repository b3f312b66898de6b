# Met in U-Net encoders: the convolutions are enumerated, their norms are indexed.
# torch.jit.script: Expected integer literal for index
import torch
import torch.nn as nn


class Down(nn.Module):
    def __init__(self, channels, blocks):
        super(Down, self).__init__()
        self.convs = nn.ModuleList([nn.Conv2d(channels, channels, 3, padding=1) for _ in range(blocks)])
        self.bn = nn.ModuleList([nn.BatchNorm2d(channels) for _ in range(blocks)])

    def forward(self, x):
        for idx, conv in enumerate(self.convs):
            x = torch.relu(self.bn[idx](conv(x)))
        return x


def examples():
    yield Down(3, 2), (torch.rand(1, 3, 8, 8),)
