# Met in trackers: the annotation is there, but where the compiler does not look.
# torch.jit.script: List trace inputs must have elements
from typing import List

import torch
import torch.nn as nn


class Tracker(nn.Module):
    def __init__(self):
        super().__init__()
        self.sizes: List[int] = []

    def forward(self, x):
        return x * (len(self.sizes) + 1)


def examples():
    yield Tracker(), (torch.rand(2, 3),)
