# Met in code that is timed: what another decorator does, it does without gradients as well.
# torch.jit.script: undefined value torch
# Held back: the function has another decorator
import functools

import torch
import torch.nn as nn


def doubled(function):
    @functools.wraps(function)
    def inner(self, x):
        return function(self, x)

    return inner


class Frozen(nn.Module):
    @torch.no_grad()
    @doubled
    def forward(self, x):
        return torch.relu(x)


def examples():
    yield Frozen(), (torch.rand(2, 3),)
