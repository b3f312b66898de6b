# Met in sparse attention: a number of samples that grows with the logarithm of the length.
# torch.jit.script: cannot create weak reference to 'numpy.ufunc' object
# Held back: np.log and math.log may differ in the last digit
import numpy as np
import torch
import torch.nn as nn


class Sampled(nn.Module):
    def forward(self, x):
        return x[:, : int(5 * np.log(x.size(1)))]


def examples():
    yield Sampled(), (torch.rand(1, 30),)
