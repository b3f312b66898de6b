# Met in strided layers: one of the sizes is halved.
# torch.jit.script: unsupported kind of augmented assignment: FloorDiv
import torch
import torch.nn as nn


class Half(nn.Module):
    def forward(self, x):
        sizes = [x.size(0), x.size(1)]
        sizes[0] //= 2
        return x[: sizes[0]]


def examples():
    yield Half(), (torch.rand(4, 3),)
