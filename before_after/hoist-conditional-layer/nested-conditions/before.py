# Met in residual blocks: the projection depends on the stride, its normalisation on a flag.
# torch.jit.script: Module 'Residual' has no attribute
import torch
import torch.nn as nn
import torch.nn.functional as F


class Residual(nn.Module):
    def __init__(self, dim, stride=1, use_norm=False):
        super(Residual, self).__init__()
        self.stride = stride
        self.use_norm = use_norm
        self.conv = nn.Conv2d(dim, dim, 3, stride, 1)
        if stride != 1:
            self.down = nn.Conv2d(dim, dim, 1, stride)
            if use_norm:
                self.down_norm = nn.BatchNorm2d(dim)

    def forward(self, x):
        shortcut = x
        if self.stride != 1:
            shortcut = self.down(x)
            if self.use_norm:
                shortcut = self.down_norm(shortcut)
        return F.relu(self.conv(x) + shortcut)


def examples():
    for stride, use_norm in ((1, True), (2, False), (2, True)):
        yield Residual(3, stride, use_norm), (torch.rand(2, 3, 6, 6),)
