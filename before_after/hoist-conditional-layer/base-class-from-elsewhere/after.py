# Met in weight-standardised convolutions: a base that is not under the path may define the name itself.
# torch.jit.script: Module 'ScaledConv' has no attribute 'gain'
import torch
import torch.nn as nn
import torch.nn.functional as F


class ScaledConv(nn.Conv2d):
    def __init__(self, dim, scaled):
        super().__init__(dim, dim, 3, padding=1)
        self.scaled = scaled
        if scaled:
            self.gain = nn.Parameter(torch.ones(dim, 1, 1, 1))

    def forward(self, x):
        weight = self.weight
        if self.scaled:
            assert hasattr(self, "gain")
            weight = weight * self.gain
        return F.conv2d(x, weight, self.bias, padding=1)


def examples():
    yield ScaledConv(3, True), (torch.rand(1, 3, 5, 5),)
    yield ScaledConv(3, False), (torch.rand(1, 3, 5, 5),)
