# Met in convolutions that keep the size: the padding of each side is put together in a loop.
# torch.jit.script: Empty lists default to List[Tensor]
import torch
import torch.nn as nn
import torch.nn.functional as F


class SamePad(nn.Module):
    def __init__(self, kernel):
        super().__init__()
        self.kernel = kernel

    def forward(self, x):
        pads = []
        for _ in range(2):
            left = self.kernel // 2
            pads += [left, self.kernel - 1 - left]
        return F.pad(x, pads)


def examples():
    yield SamePad(4), (torch.rand(1, 1, 4, 4),)
