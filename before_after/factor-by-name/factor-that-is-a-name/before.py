# Met in mixing layers: the factor has a name, so that it might be a tensor.
# torch.jit.script: add
# Held back: whether self.weight is a factor does not show
import torch
import torch.nn as nn


class Mix(nn.Module):
    def __init__(self, weight):
        super().__init__()
        self.weight = weight

    def forward(self, x, y):
        return torch.add(x, self.weight, y)


def examples():
    yield Mix(0.5), (torch.rand(2, 4), torch.rand(2, 4))
