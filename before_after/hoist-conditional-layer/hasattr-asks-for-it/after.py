# Met with weight initialisation that asks `hasattr`: a None would answer yes, so `__init__` stays.
# torch.jit.script: Module 'Downsample' has no attribute 'norm'
import torch
import torch.nn as nn
import torch.nn.functional as F


class Downsample(nn.Module):
    def __init__(self, dim, use_norm):
        super(Downsample, self).__init__()
        self.use_norm = use_norm
        self.conv = nn.Conv2d(dim, dim, 3, 2, 1)
        if use_norm:
            self.norm = nn.BatchNorm2d(dim)

    def forward(self, x):
        x = self.conv(x)
        if self.use_norm:
            assert hasattr(self, "norm")
            x = self.norm(x)
        return x


def init_weights(model):
    if hasattr(model, 'norm'):
        nn.init.constant_(model.norm.weight, 0.5)
    return model


def examples():
    yield init_weights(Downsample(3, True)), (torch.rand(1, 3, 6, 6),)
    yield init_weights(Downsample(3, False)), (torch.rand(1, 3, 6, 6),)
