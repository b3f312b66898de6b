# Met in heads of segmentation networks: the pool is the first of several layers.
# torch.jit.script: for argument 'output_size' but instead found type 'Tuple[
# Held back: the pool is not kept by itself in an attribute
import torch
import torch.nn as nn


class Head(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.pool = nn.Sequential(nn.AdaptiveAvgPool2d((1, None)), nn.Conv2d(dim, dim, 1))

    def forward(self, x):
        return self.pool(x)


def examples():
    yield Head(2), (torch.rand(1, 2, 4, 3),)
