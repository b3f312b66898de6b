# Met in squeeze-and-excitation blocks: the branch defines several layers and a number.
# torch.jit.script: Module 'MBConv' has no attribute 'se_expand'
import torch
import torch.nn as nn
import torch.nn.functional as F


class MBConv(nn.Module):
    def __init__(self, dim, se_ratio=None):
        super(MBConv, self).__init__()
        self.has_se = se_ratio is not None and 0 < se_ratio <= 1
        self.conv = nn.Conv2d(dim, dim, 3, padding=1)
        if self.has_se:
            # at least one channel is left
            squeezed = max(1, int(dim * se_ratio))
            self.se_reduce = nn.Conv2d(dim, squeezed, 1)
            self.se_expand = nn.Conv2d(squeezed, dim, 1)
        self.bn = nn.BatchNorm2d(dim)

    def forward(self, x):
        x = self.conv(x)
        if self.has_se:
            s = F.adaptive_avg_pool2d(x, 1)
            s = self.se_expand(F.relu(self.se_reduce(s)))
            x = torch.sigmoid(s) * x
        return self.bn(x)


def examples():
    yield MBConv(4, 0.25), (torch.rand(2, 4, 6, 6),)
    yield MBConv(4), (torch.rand(2, 4, 6, 6),)
