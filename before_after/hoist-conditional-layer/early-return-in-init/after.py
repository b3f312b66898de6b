# Met in constructors that leave early: what comes after the `return` is not always defined.
# torch.jit.script: Module 'Pool' has no attribute 'proj'
import torch
import torch.nn as nn
import torch.nn.functional as F


class Pool(nn.Module):
    def __init__(self, dim, out_dim=None):
        super(Pool, self).__init__()
        self.projects = out_dim is not None
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.proj = None
        if not self.projects:
            return
        self.proj = nn.Linear(dim, out_dim)

    def forward(self, x):
        x = self.pool(x).flatten(1)
        if self.projects:
            assert self.proj is not None
            x = self.proj(x)
        return x


def examples():
    yield Pool(3), (torch.rand(2, 3, 4, 4),)
    yield Pool(3, 5), (torch.rand(2, 3, 4, 4),)
