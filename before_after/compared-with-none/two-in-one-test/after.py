# Met in normalising blocks: a norm and an activation, each of which may be missing.
# torch.jit.script: aten::ne.Tensor(Tensor self, Tensor other)
import torch
import torch.nn as nn


class Conv(nn.Module):
    def __init__(self, norm=None, act=None):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 1)
        self.norm = norm
        self.act = act

    def forward(self, x):
        x = self.conv(x)
        if self.norm is not None:
            x = self.norm(x)
        return self.act(x) if self.act is not None else x


def examples():
    yield Conv(), (torch.rand(1, 3, 8, 8),)
    yield Conv(nn.BatchNorm2d(4), nn.ReLU()), (torch.rand(1, 3, 8, 8),)
