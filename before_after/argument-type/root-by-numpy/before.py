# Met in equalized layers: a gain that NumPy computed, by default.
# torch.jit.script: Expected a default value of type Tensor (inferred) on parameter "gain"
import numpy as np
import torch
import torch.nn as nn


def scaled(x, gain=np.sqrt(2)):
    return x * gain


class Scale(nn.Module):
    def forward(self, x):
        return scaled(x)


def examples():
    yield Scale(), (torch.rand(2, 3),)
