# Met in wide residual networks: the first activation goes to the shortcut too, or not.
# torch.jit.script: out is not defined in the true branch
from typing import Final

import torch
import torch.nn as nn


class BasicBlock(nn.Module):
    equal_in_out: Final[bool]

    def __init__(self, in_planes, out_planes):
        super(BasicBlock, self).__init__()
        self.bn1 = nn.BatchNorm2d(in_planes)
        self.conv1 = nn.Conv2d(in_planes, out_planes, 3, padding=1)
        self.equal_in_out = in_planes == out_planes
        self.shortcut = nn.Conv2d(in_planes, out_planes, 1)

    def forward(self, x):
        if not self.equal_in_out:
            x = torch.relu(self.bn1(x))
        else:
            out = torch.relu(self.bn1(x))
        out = self.conv1(out if self.equal_in_out else x)
        return out + (x if self.equal_in_out else self.shortcut(x))


def examples():
    yield BasicBlock(4, 4), (torch.rand(1, 4, 8, 8),)
    yield BasicBlock(4, 6), (torch.rand(1, 4, 8, 8),)
