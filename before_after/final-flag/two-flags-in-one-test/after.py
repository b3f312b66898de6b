# Met in detection heads: a branch that two options of the constructor decide.
# torch.jit.script: boxes is not defined in the false branch
from typing import Final

import torch
import torch.nn as nn


class Head(nn.Module):
    with_boxes: Final[bool]
    with_scores: Final[bool]

    def __init__(self, with_boxes=True, with_scores=True):
        super().__init__()
        self.with_boxes = with_boxes
        self.with_scores = with_scores
        self.score = nn.Linear(8, 2)
        self.box = nn.Linear(8, 4)

    def forward(self, x):
        scores = self.score(x)
        if self.with_boxes and not self.with_scores:
            boxes = self.box(x)
        if self.with_scores or not self.with_boxes:
            return scores
        return boxes


def examples():
    yield Head(), (torch.rand(3, 8),)
    yield Head(with_scores=False), (torch.rand(3, 8),)
