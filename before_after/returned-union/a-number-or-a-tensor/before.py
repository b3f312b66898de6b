# Met in losses: zero as a number where there is nothing to learn from.
# torch.jit.script: Previous return statement returned a value of type
# Held back: it returns a number on one way and a Tensor on another
import torch
import torch.nn as nn


class MaskedLoss(nn.Module):
    def forward(self, pred, mask):
        if int(mask.sum()) == 0:
            return 0
        return (pred * mask).sum() / mask.sum()


def examples():
    yield MaskedLoss(), (torch.rand(2, 3), torch.ones(2, 3))
