# Met in functional code: no assert before the lambda would hold at the time it is called.
# torch.jit.script: Lambda aren't supported
# Held back: before which no assert fits
import torch
import torch.nn as nn


class Warp(nn.Module):
    def __init__(self, shifted):
        super(Warp, self).__init__()
        self.shifted = shifted

    def forward(self, x, shift: torch.Tensor = None):
        move = lambda value: value + shift.view(-1, 1)
        return move(x) if self.shifted else x


def examples():
    yield Warp(False), (torch.rand(2, 2),)
