# Met in encoders: a base class and its subclass each have a layer of the same private name.
# torch.jit.script: has no attribute '__layer'
import torch
import torch.nn as nn


class Encoder(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.__layer = nn.Linear(dim, dim)

    def encode(self, x):
        return self.__layer(x)


class _DeepEncoder(Encoder):
    def __init__(self, dim):
        super().__init__(dim)
        self.__layer = nn.Linear(dim, dim, bias=False)

    def forward(self, x):
        return self.__layer(self.encode(x))


def examples():
    yield _DeepEncoder(3), (torch.rand(2, 3),)
