# Met in detectors: a number of channels that is only known where the stride is not one.
# torch.jit.script: Expected a value of type 'int' for argument 'pad'
from typing import Final

import torch
import torch.nn as nn


class Shortcut(nn.Module):
    stride_is_1: Final[bool]

    def __init__(self, dim, stride, pad=None):
        super(Shortcut, self).__init__()
        self.pad = pad
        self.stride = stride
        self.stride_is_1 = self.stride == 1

    def enlarged(self, x, pad: int):
        return torch.nn.functional.pad(x[:, :, ::2, ::2], [0, 0, 0, 0, 0, pad])

    def forward(self, x):
        return x if self.stride_is_1 else self.enlarged(x, self.pad)


def examples():
    yield Shortcut(3, 1), (torch.rand(1, 3, 4, 4),)
    yield Shortcut(3, 2, 3), (torch.rand(1, 3, 4, 4),)
