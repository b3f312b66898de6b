# Met in wrappers: keywords for what is wrapped, of which there are none.
# torch.jit.script: Compiled functions can't take variable number of arguments
import torch
import torch.nn as nn


class PreNorm(nn.Module):
    def __init__(self, dim, fn):
        super().__init__()
        self.norm = nn.LayerNorm(dim)
        self.fn = fn

    def forward(self, x, **kwargs):
        return self.fn(self.norm(x), **kwargs)


class Block(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.attend = PreNorm(dim, nn.Linear(dim, dim))

    def forward(self, x):
        return self.attend(x) + x


def examples():
    yield Block(3), (torch.rand(2, 3),)
