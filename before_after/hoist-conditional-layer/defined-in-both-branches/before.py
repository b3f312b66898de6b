# Met everywhere: either branch defines the layer, under one name.
# torch.jit.script: compiles
import torch
import torch.nn as nn
import torch.nn.functional as F


class Upsample(nn.Module):
    def __init__(self, dim, bilinear):
        super(Upsample, self).__init__()
        if bilinear:
            self.up = nn.Upsample(scale_factor=2, mode='bilinear', align_corners=True)
        else:
            self.up = nn.ConvTranspose2d(dim, dim, 2, stride=2)

    def forward(self, x):
        return self.up(x)


def examples():
    yield Upsample(3, True), (torch.rand(1, 3, 4, 4),)
    yield Upsample(3, False), (torch.rand(1, 3, 4, 4),)
