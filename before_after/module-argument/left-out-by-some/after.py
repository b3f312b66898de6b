# Met in libraries of attention: one class has a dropout, another one passes none.
# torch.jit.script: cannot call a value of type 'Tensor'
from typing import Optional

import torch
import torch.nn as nn


def weighted(scores, value, mask=None, dropout=None):
    weights = torch.softmax(scores, -1)
    if mask is not None and dropout is None:
        weights = weights * mask
    weights = weights if dropout is None else dropout(weights)
    if dropout is None and mask is None:
        weights = weights / weights.sum()
    return weights @ value


class Plain(nn.Module):
    def _weighted_without_dropout(self, scores, value, mask: Optional[torch.Tensor] = None):
        weights = torch.softmax(scores, -1)
        if mask is not None:
            weights = weights * mask
        if mask is None:
            weights = weights / weights.sum()
        return weights @ value

    def forward(self, scores, value, mask):
        return self._weighted_without_dropout(scores, value, mask)


class Dropped(nn.Module):
    def __init__(self, p):
        super().__init__()
        self.drop = nn.Dropout(p)

    def _weighted_with_drop(self, scores, value, mask: Optional[torch.Tensor] = None):
        weights = torch.softmax(scores, -1)
        if mask is not None and self.drop is None:
            weights = weights * mask
        weights = weights if self.drop is None else self.drop(weights)
        if self.drop is None and mask is None:
            weights = weights / weights.sum()
        return weights @ value

    def forward(self, scores, value):
        return self._weighted_with_drop(scores, value, None)


def examples():
    yield Dropped(0.0), (torch.rand(2, 3), torch.rand(3, 4))
    yield Plain(), (torch.rand(2, 3), torch.rand(3, 4), torch.rand(2, 3))
