# Met where a message is spread over lines: to indent it would be to change it.
# torch.jit.script: def __exit__(self, *exc_info)
# Held back: the block under it holds a text over several lines
import warnings

import torch
import torch.nn as nn


class Checked(nn.Module):
    def forward(self, x):
        with warnings.catch_warnings():
            assert x.dim() == 2, """a matrix
            is wanted"""
            x = x + 1
        return x


def examples():
    yield Checked(), (torch.rand(2, 2),)
