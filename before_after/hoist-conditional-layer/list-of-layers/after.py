# Met in heads with a tower that may be missing: a ModuleList under a condition.
# torch.jit.script: Module 'Tower' has no attribute 'tower'
import torch
import torch.nn as nn
import torch.nn.functional as F


class Tower(nn.Module):
    def __init__(self, dim, depth):
        super(Tower, self).__init__()
        self.depth = depth
        if depth > 0:
            self.tower = nn.ModuleList([nn.Conv2d(dim, dim, 3, padding=1) for _ in range(depth)])
        else:
            self.tower = None
        self.out = nn.Conv2d(dim, 1, 1)

    def forward(self, x):
        if self.depth > 0:
            assert self.tower is not None
            for conv in self.tower:
                x = F.relu(conv(x))
        return self.out(x)


def examples():
    yield Tower(3, 2), (torch.rand(1, 3, 5, 5),)
    yield Tower(3, 0), (torch.rand(1, 3, 5, 5),)
