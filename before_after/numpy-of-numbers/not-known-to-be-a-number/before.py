# Met in generic layers: what the root is taken of may be anything.
# torch.jit.script: cannot create weak reference to 'numpy.ufunc' object
# Held back: nothing shows that self.scale is a number
import numpy as np
import torch
import torch.nn as nn


def setting(name):
    return {"scale": (4.0, 9.0)}[name]


class Scaled(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = setting("scale")

    def forward(self, x):
        return x * float(np.sqrt(self.scale)[0])


def examples():
    yield Scaled(), (torch.rand(3),)
