# Met in counters: an attribute, and an element of a list.
# torch.jit.script: unsupported kind of augmented assignment: FloorDiv
import torch
import torch.nn as nn


class Counter(nn.Module):
    def __init__(self):
        super().__init__()
        self.rest = 100

    def forward(self, x):
        self.rest //= 2
        sizes = [x.size(0), x.size(1)]
        sizes[0] //= 2
        return x[: sizes[0]] + self.rest


def examples():
    yield Counter(), (torch.rand(4, 3),)
