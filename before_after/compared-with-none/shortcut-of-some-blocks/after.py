# Met in residual networks: the shortcut is a layer or None, and compared by `!=`.
# torch.jit.script: aten::ne.Tensor(Tensor self, Tensor other)
import torch
import torch.nn as nn


class Bottleneck(nn.Module):
    def __init__(self, planes, downsample=None):
        super(Bottleneck, self).__init__()
        self.conv = nn.Conv2d(planes, planes, 3, padding=1)
        self.downsample = downsample

    def forward(self, x):
        out = self.conv(x)
        if self.downsample is not None:
            residual = self.downsample(x)
        else:
            residual = x
        return torch.relu(out + residual)


def examples():
    yield Bottleneck(4), (torch.rand(1, 4, 8, 8),)
    yield Bottleneck(4, nn.Conv2d(4, 4, 1)), (torch.rand(1, 4, 8, 8),)
