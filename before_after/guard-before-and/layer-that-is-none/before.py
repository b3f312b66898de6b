# Met in convolution blocks: what a layer is like is asked behind whether it is there.
# torch.jit.script: has no attribute
import torch
import torch.nn as nn


class Block(nn.Module):
    def __init__(self, dim, norm=None):
        super(Block, self).__init__()
        self.conv = nn.Conv1d(dim, dim, 1)
        self.norm = norm

    def forward(self, x):
        x = self.conv(x)
        if x.size(2) > 1 and self.norm is not None and self.norm.eps > 0:
            x = x + self.norm.eps
        return x


def examples():
    yield Block(3), (torch.rand(2, 3, 4),)
    yield Block(3, nn.BatchNorm1d(3)), (torch.rand(2, 3, 4),)
