# Met in models with helper methods: what a method gives is compared with None.
# torch.jit.script: aten::ne
# Held back: may have its own ==
import torch
import torch.nn as nn


class Maybe(nn.Module):
    def __init__(self):
        super(Maybe, self).__init__()
        self.nothing = None

    def found(self):
        return self.nothing

    def forward(self, x):
        if self.found() != None:
            x = x + 1
        return x


def examples():
    yield Maybe(), (torch.rand(2, 3),)
