# Met in blocks that pad to a length: what the callers pass shows that it is an int.
# torch.jit.script: Unsupported value kind: Tensor
from typing import Optional

import torch
import torch.nn as nn
import torch.nn.functional as F


class CausalConv(nn.Module):
    def __init__(self, channels, kernel_size=3):
        super(CausalConv, self).__init__()
        self.padding = kernel_size - 1
        self.conv = nn.Conv1d(channels, channels, kernel_size, padding=self.padding)

    def forward(self, x, keep: Optional[int] = None):
        x = self.conv(x)
        if keep is not None:
            return x[:, :, :keep]
        return x


class Net(nn.Module):
    def __init__(self):
        super(Net, self).__init__()
        self.conv1 = CausalConv(2)
        self.conv2 = CausalConv(2)

    def forward(self, x):
        length = x.size(2)
        return self.conv2(self.conv1(x), keep=length)


def examples():
    yield Net(), (torch.rand(1, 2, 8),)
