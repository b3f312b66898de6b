# Met with Sequential: the layer stands alone but fills several lines, which stay as they are.
# torch.jit.script: Module 'InvertedResidual' has no attribute 'branch1'
import torch
import torch.nn as nn
import torch.nn.functional as F


class InvertedResidual(nn.Module):
    def __init__(self, dim, stride):
        super(InvertedResidual, self).__init__()
        self.stride = stride
        if self.stride > 1:
            self.branch1 = nn.Sequential(
                nn.Conv2d(dim, dim, 3, stride, 1, groups=dim, bias=False),
                nn.BatchNorm2d(dim),
                nn.ReLU(inplace=True),
            )
        self.branch2 = nn.Conv2d(dim, dim, 3, stride, 1)

    def forward(self, x):
        if self.stride == 1:
            out = torch.cat((x, self.branch2(x)), dim=1)
        else:
            out = torch.cat((self.branch1(x), self.branch2(x)), dim=1)
        return out


def examples():
    yield InvertedResidual(4, 1), (torch.rand(1, 4, 6, 6),)
    yield InvertedResidual(4, 2), (torch.rand(1, 4, 6, 6),)
