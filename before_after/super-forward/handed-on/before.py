# Met where a helper folds dimensions: the method is passed on and not called.
# torch.jit.script: cannot call a value of type
import torch
import torch.nn as nn


def folded(x, function):
    return function(x.flatten(0, 1)).unflatten(0, (x.shape[0], x.shape[1]))


class FoldedFlatten(nn.Flatten):
    def forward(self, x):
        return folded(x, super(FoldedFlatten, self).forward)


def examples():
    yield FoldedFlatten(), (torch.rand(2, 2, 2, 2),)
