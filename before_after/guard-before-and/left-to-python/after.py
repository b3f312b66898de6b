# Met where a test is left to Python: what stands behind it is for what scripting does not know.
# torch.jit.script: has no attribute or method 'lengths'
import torch
import torch.nn as nn


class Head(nn.Module):
    def forward(self, x):
        if (
            x.lengths > 0
            if (hasattr(x, "lengths") if not torch.jit.is_scripting() else False)
            else False
        ):
            return x.unpacked() * 2
        return x + 1


def examples():
    yield Head(), (torch.rand(2, 3),)
