# Met in mobile networks: no attention, no call of it, with None on the left.
# torch.jit.script: aten::eq.Tensor(Tensor self, Tensor other)
import torch
import torch.nn as nn


class Block(nn.Module):
    def __init__(self, se):
        super().__init__()
        self.conv = nn.Conv2d(4, 4, 1)
        self.se = se

    def forward(self, x):
        x = self.conv(x)
        if None == self.se:
            return x
        return self.se(x)


def examples():
    yield Block(None), (torch.rand(1, 4, 8, 8),)
    yield Block(nn.Sigmoid()), (torch.rand(1, 4, 8, 8),)
