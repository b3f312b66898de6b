# Met in mobile networks: squeeze and excitation, asked for twice in one expression.
# torch.jit.script: aten::
import torch
import torch.nn as nn


class MobileBlock(nn.Module):
    def __init__(self, dim, se=None, skip=None):
        super(MobileBlock, self).__init__()
        self.conv = nn.Conv2d(dim, dim, 1)
        self.se = se
        self.skip = skip

    def forward(self, x):
        out = self.conv(x)
        if self.se == None:
            return out
        return self.se(out) if self.skip != None else out


def examples():
    yield MobileBlock(3), (torch.rand(1, 3, 4, 4),)
    yield MobileBlock(3, nn.Sigmoid(), nn.ReLU()), (torch.rand(1, 3, 4, 4),)
