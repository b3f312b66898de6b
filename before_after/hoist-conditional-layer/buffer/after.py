# Met in windowed attention: a mask is registered where the window is shifted. `register_buffer` refuses a
# name that is there already, so the None stands in an `else:`.
# torch.jit.script: Module 'Window' has no attribute 'mask'
import torch
import torch.nn as nn
import torch.nn.functional as F


class Window(nn.Module):
    def __init__(self, size, shift):
        super().__init__()
        self.shift = shift
        self.qk = nn.Linear(size, size)
        if shift > 0:
            self.register_buffer('mask', torch.ones(size, size).tril())
        else:
            self.mask = None

    def forward(self, x):
        scores = torch.matmul(self.qk(x), x.transpose(1, 2))
        if self.shift > 0:
            assert self.mask is not None
            scores = scores * self.mask
        return torch.softmax(scores, -1)


def examples():
    yield Window(4, 2), (torch.rand(1, 4, 4),)
    yield Window(4, 0), (torch.rand(1, 4, 4),)
