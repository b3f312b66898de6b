# Met in multi-scale losses: an option that is a text decides whether the parts are added.
# torch.jit.script: Previous return statement returned a value of type List[Tensor]
from typing import List

import torch
import torch.nn as nn
from torch import Tensor


class MultiScaleLoss(nn.Module):
    def __init__(self, reduction="none"):
        super().__init__()
        self.reduction = reduction

    def forward(self, preds: List[Tensor], target: Tensor):
        losses = [(pred - target).abs().mean() for pred in preds]
        if self.reduction == "none":
            return losses
        return torch.stack(losses).sum()


def examples():
    preds = [torch.rand(2, 3), torch.rand(2, 3)]
    yield MultiScaleLoss(), (preds, torch.rand(2, 3))
    yield MultiScaleLoss("sum"), (preds, torch.rand(2, 3))
