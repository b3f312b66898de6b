# Met in layers that resample: one number stands for height and width.
# torch.jit.script: Unknown type name
from collections import abc

import torch
import torch.nn as nn


class Resample(nn.Module):
    def forward(self, x, up: int):
        if not (isinstance(up, abc.Iterable) if not torch.jit.is_scripting() else False):
            up_x, up_y = up, up
        else:
            up_x, up_y = up
        return x.repeat_interleave(up_x, dim=0).repeat_interleave(up_y, dim=1)


def examples():
    yield Resample(), (torch.rand(2, 4), 2)
