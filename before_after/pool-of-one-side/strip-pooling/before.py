# Met in segmentation: a strip is pooled in two methods, and a class of the same file has a pool of that name.
# torch.jit.script: for argument 'output_size' but instead found type 'Tuple[
import torch
import torch.nn as nn
from torch.nn import functional as F


class Plain(nn.Module):
    def __init__(self):
        super().__init__()
        self.pool = nn.AdaptiveAvgPool2d(1)

    def forward(self, x):
        return self.pool(x)


class Strip(nn.Module):
    def __init__(self):
        super().__init__()
        self.pool = nn.AdaptiveAvgPool2d((1, None))
        self.plain = Plain()

    def strip(self, y):
        return F.relu(self.pool(y))

    def forward(self, x):
        return self.strip(x) + self.pool(x) + self.plain(x)


def examples():
    yield Strip(), (torch.rand(1, 2, 4, 3),)
