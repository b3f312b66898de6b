# Met in losses: an option that is a text, which decides nothing while compiling.
# torch.jit.script: Previous return statement returned a value of type
import torch
import torch.nn as nn


class Loss(nn.Module):
    def __init__(self, reduction="both"):
        super().__init__()
        self.reduction = reduction

    def forward(self, pred, target):
        loss = (pred - target).abs()
        if self.reduction == "both":
            return loss.mean(), loss.sum()
        return loss


def examples():
    yield Loss(), (torch.rand(2, 4), torch.rand(2, 4))
