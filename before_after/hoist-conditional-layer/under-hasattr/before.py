# Met in re-parameterised networks: the use asks `hasattr`, which the compiler understands.
# torch.jit.script: compiles
import torch
import torch.nn as nn
import torch.nn.functional as F


class RepBlock(nn.Module):
    def __init__(self, dim, deploy=False):
        super(RepBlock, self).__init__()
        if deploy:
            self.reparam = nn.Conv2d(dim, dim, 3, padding=1)
        else:
            self.dense = nn.Conv2d(dim, dim, 3, padding=1, bias=False)

    def forward(self, x):
        if hasattr(self, 'reparam'):
            return F.relu(self.reparam(x))
        return F.relu(self.dense(x))


def examples():
    yield RepBlock(3, False), (torch.rand(1, 3, 4, 4),)
