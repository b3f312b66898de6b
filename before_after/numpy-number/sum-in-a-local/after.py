# Met in reconstruction: the channels of several blocks are summed by NumPy.
# torch.jit.script: is not a valid constant
import numpy as np
import torch
import torch.nn as nn


class Init(nn.Module):
    def __init__(self, in_ch, out_ch, channels, multiscale=1):
        super().__init__()
        self.blocks = nn.ModuleList()
        tch = in_ch
        for channel in channels:
            self.blocks.append(nn.Conv2d(tch, channel, 1))
            tch = channel
        tch = np.sum(channels[-multiscale:])
        self.out = nn.Conv2d(int(tch), out_ch, 1, padding=0)

    def forward(self, x):
        features = []
        for block in self.blocks:
            x = block(x)
            features.append(x)
        return self.out(torch.cat(features, dim=1))


def examples():
    yield Init(3, 2, (4, 5), 2), (torch.rand(1, 3, 4, 4),)
