# Met in causal convolutions: whether there is anything to pad is found out by NumPy.
# torch.jit.script: failed to convert Python type: 'numpy.bool
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F


class PaddedConv(nn.Conv2d):
    def __init__(self, dim, pad_values):
        super(PaddedConv, self).__init__(dim, dim, 3)
        self.pad_values = pad_values
        self.condition = bool(np.sum(self.pad_values) != 0)

    def forward(self, inputs):
        if self.condition:
            inputs = F.pad(inputs, self.pad_values)
        return self._conv_forward(inputs, self.weight, self.bias)


def examples():
    yield PaddedConv(3, [1, 1, 1, 1]), (torch.rand(1, 3, 5, 5),)
    yield PaddedConv(3, [0, 0, 0, 0]), (torch.rand(1, 3, 5, 5),)
