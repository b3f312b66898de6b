# Met in wrappers: with *args in the signature no annotation makes it compile.
# torch.jit.script: Compiled functions can't take variable number of arguments
# Held back: forward takes *args, which does not compile
import torch
import torch.nn as nn


class Residual(nn.Module):
    def __init__(self, dim):
        super(Residual, self).__init__()
        self.fn = nn.Linear(dim, dim)

    def forward(self, x, residual=None, *args):
        out = self.fn(x)
        if residual is not None:
            out = out + residual
        return out


def examples():
    yield Residual(2), (torch.rand(2, 2),)
