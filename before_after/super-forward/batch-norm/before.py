# Met in networks over sequences: a BatchNorm2d that takes five dimensions, or does nothing when frozen.
# torch.jit.script: has no attribute or method 'forward'
import torch
import torch.nn as nn


class FoldedBatchNorm(nn.BatchNorm2d):
    def forward(self, x):
        steps, batch = x.shape[0], x.shape[1]
        return super().forward(x.flatten(0, 1)).unflatten(0, (steps, batch))


def trained(norm):
    norm.train()
    norm(torch.arange(72.0).view(2, 2, 2, 3, 3))
    return norm


def examples():
    for arguments in ({}, {"momentum": None}, {"track_running_stats": False}, {"affine": False}):
        yield trained(FoldedBatchNorm(2, **arguments)), (torch.rand(2, 2, 2, 3, 3),)
