# Met in models that say of nothing what it is: here it is two things.
# torch.jit.script: unsupported kind of augmented assignment: FloorDiv
# Held back: whether n is a number or a Tensor does not show
import torch
import torch.nn as nn


class Either(nn.Module):
    def __init__(self, counts):
        super().__init__()
        self.counts = counts

    def forward(self, x):
        n = x.sum() if self.counts else x.size(0)
        n //= 2
        return x + n


def examples():
    yield Either(True), (torch.rand(4, 3),)
    yield Either(False), (torch.rand(4, 3),)
