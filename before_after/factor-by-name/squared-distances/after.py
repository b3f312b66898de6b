# Met in center losses: distances by one product of matrices, added in place.
# torch.jit.script: addmm_
import torch
import torch.nn as nn


class CenterLoss(nn.Module):
    def __init__(self, classes, size):
        super().__init__()
        self.centers = nn.Parameter(torch.randn(classes, size))

    def forward(self, x):
        left = x.pow(2).sum(dim=1, keepdim=True)
        right = self.centers.pow(2).sum(dim=1, keepdim=True)
        distances = left + right.t()
        distances.addmm_(x, self.centers.t(), beta=1, alpha=-2)
        return distances.clamp(min=1e-12)


def examples():
    yield CenterLoss(3, 4), (torch.rand(2, 4),)
