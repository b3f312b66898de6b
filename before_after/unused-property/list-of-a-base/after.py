# Met in families of models: the base names what is left out, a subclass has one more.
# torch.jit.script: Python builtin <built-in function next> is currently not supported
import torch
import torch.nn as nn


class Base(nn.Module):
    __jit_unused_properties__ = ["count"]

    @property
    def count(self):
        return sum(p.numel() for p in self.parameters())


class Model(Base):
    __jit_unused_properties__ = [*Base.__jit_unused_properties__, "dtype"]

    def __init__(self, size):
        super().__init__()
        self.linear = nn.Linear(size, size)

    @property
    def dtype(self):
        return next(self.parameters()).dtype

    def forward(self, x):
        return self.linear(x)


def examples():
    yield Model(3), (torch.rand(2, 3),)
