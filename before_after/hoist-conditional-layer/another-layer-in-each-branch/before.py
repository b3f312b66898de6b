# Met in upsampling blocks: a deconvolution in one branch, a convolution in the other.
# torch.jit.script: Module 'Up' has no attribute
import torch
import torch.nn as nn
import torch.nn.functional as F


class Up(nn.Module):
    def __init__(self, dim, learned=True):
        super(Up, self).__init__()
        self.learned = learned
        if learned:
            self.deconv = nn.ConvTranspose2d(dim, dim, 2, stride=2)
        else:
            self.reduce = nn.Conv2d(dim, dim, 1)

    def forward(self, x):
        if self.learned:
            return self.deconv(x)
        else:
            x = F.interpolate(x, scale_factor=2.0, mode='nearest')
            return self.reduce(x)


def examples():
    yield Up(3, True), (torch.rand(1, 3, 4, 4),)
    yield Up(3, False), (torch.rand(1, 3, 4, 4),)
