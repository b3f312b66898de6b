# Met in losses: an option that is a text, which decides nothing while compiling.
# torch.jit.script: Previous return statement returned a value of type
from typing import Final

import torch
import torch.nn as nn


class Loss(nn.Module):
    reduction_is_both: Final[bool]

    def __init__(self, reduction="both"):
        super().__init__()
        self.reduction = reduction
        self.reduction_is_both = self.reduction == "both"

    def forward(self, pred, target):
        loss = (pred - target).abs()
        if self.reduction_is_both:
            return loss.mean(), loss.sum()
        return loss


def examples():
    yield Loss(), (torch.rand(2, 4), torch.rand(2, 4))
