# Met in transformers that some people do script: one of two properties was forgotten.
# torch.jit.script: Python builtin <built-in function next> is currently not supported
import torch
import torch.nn as nn


class Model(nn.Module):
    __jit_unused_properties__ = ["count", "dtype"]

    def __init__(self, size):
        super().__init__()
        self.linear = nn.Linear(size, size)

    @property
    def count(self):
        return sum(p.numel() for p in self.parameters())

    @property
    def dtype(self):
        return next(self.parameters()).dtype

    def forward(self, x):
        return self.linear(x)


def examples():
    yield Model(3), (torch.rand(2, 3),)
