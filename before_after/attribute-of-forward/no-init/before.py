# Met in losses: a class without a constructor.
# torch.jit.script: Tried to set nonexistent attribute: last
# Held back: has no __init__
import torch
import torch.nn as nn


class KeptLoss(nn.Module):
    def forward(self, x, y):
        self.last = (x - y).abs().mean()
        return self.last


def examples():
    yield KeptLoss(), (torch.rand(2, 3), torch.rand(2, 3))
