# Met in configurable blocks: a string chooses the normalisation, and no `else` ends the chain.
# torch.jit.script: Module 'NormConv' has no attribute 'norm'
import torch
import torch.nn as nn
import torch.nn.functional as F


class NormConv(nn.Module):
    def __init__(self, dim, norm='none'):
        super(NormConv, self).__init__()
        self.norm_type = norm
        self.conv = nn.Conv2d(dim, dim, 3, padding=1)
        if norm == 'bn':
            self.norm = nn.BatchNorm2d(dim)
        elif norm == 'in':
            self.norm = nn.InstanceNorm2d(dim, affine=True)

    def forward(self, x):
        x = self.conv(x)
        if self.norm_type != 'none':
            x = self.norm(x)
        return F.relu(x)


def examples():
    for norm in ('bn', 'in', 'none'):
        yield NormConv(3, norm), (torch.rand(2, 3, 5, 5),)
