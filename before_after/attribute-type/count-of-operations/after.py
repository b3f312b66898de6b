# Met in architecture search: the operations of a layer are counted when it first runs.
# torch.jit.script: Wrong type for attribute assignment. Expected int but got float
import torch
import torch.nn as nn


class CountedConv(nn.Module):
    def __init__(self, dim):
        super(CountedConv, self).__init__()
        self.op = nn.Conv2d(dim, dim, 1)
        self.size = dim * dim
        self.flops = 0

    def forward(self, x):
        if self.flops == 0:
            y = x.size(2)
            self.flops = int(self.size * y ** 2)
        return self.op(x)


def examples():
    yield CountedConv(3), (torch.rand(1, 3, 4, 4),)
