# Met where an option is a function or a name, and its truth says whether it is given.
# torch.jit.script: aten::eq.Tensor(Tensor self, Tensor other)
import torch
import torch.nn as nn


class Head(nn.Module):
    def forward(self, x, callback: None = None, kind: None = None):
        if (kind == "mean" if kind is not None else False):
            return x.mean(-1)
        if not (kind if kind is not None else False):
            x = x * 2
        else:
            x = x * len(kind.lower())
        if (callback if callback is not None else False) and x.size(0) > 1:
            callback(x, stage="head")
        return x + 1


def examples():
    yield Head(), (torch.rand(2, 3),)
