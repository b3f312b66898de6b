# Met where a model takes one map or several, and asks for the very class.
# torch.jit.script: list cannot be used as a value
import torch
import torch.nn as nn


class Head(nn.Module):
    def forward(self, x, size: int = 2):
        if (type(x) is list if not torch.jit.is_scripting() else False) or (
            type(x) in (tuple, set) if not torch.jit.is_scripting() else False
        ):
            x = x[-1]
        if type(size) != int if not torch.jit.is_scripting() else False:
            size = int(size[0])
        return x.repeat(size, 1)


def examples():
    yield Head(), (torch.rand(2, 3),)
