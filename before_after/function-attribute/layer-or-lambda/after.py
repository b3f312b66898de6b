# Met in audio augmentation: where nothing is to be done, a lambda gives back what it gets.
# torch.jit.script: This function exists as an attribute on the Python module
import torch
import torch.nn as nn


def _cutout(x):
    return x


class Augmentation(nn.Module):
    def __init__(self, dropout):
        super(Augmentation, self).__init__()
        if dropout > 0:
            self.cutout = nn.Dropout(dropout)
        else:
            self.cutout = _cutout

    def forward(self, spec):
        return self.cutout(spec) * 2


def examples():
    yield Augmentation(0.0), (torch.rand(2, 3),)
    yield Augmentation(0.5), (torch.rand(2, 3),)
