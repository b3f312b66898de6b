# Met where the whole of forward stands under the filter: it is left to people to move it out.
# torch.jit.script: def __exit__(self, *exc_info)
# Held back: the block under it is too long to stand there twice
import warnings

import torch
import torch.nn as nn


class Long(nn.Module):
    def forward(self, x):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            x = x + 1
            x = x * 2
            x = x - 3
            x = x / 4
            x = x + 5
            x = x * 6
            x = x - 7
            x = x / 8
            x = x + 9
            x = x * 10
            x = x - 11
            x = x / 12
            return x


def examples():
    yield Long(), (torch.rand(2),)
