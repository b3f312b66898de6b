# Met in pyramid networks: one scale is a tensor, several are a list of them.
# torch.jit.script: Type mismatch: features is set to type
from typing import Final

import torch
import torch.nn as nn


class Pyramid(nn.Module):
    multi_scale: Final[bool]

    def __init__(self, multi_scale):
        super().__init__()
        self.multi_scale = bool(multi_scale)
        self.conv = nn.Conv2d(3, 4, 3, padding=1)

    def forward(self, x):
        if self.multi_scale:
            features = [self.conv(x), self.conv(x * 0.5)]
        else:
            features = self.conv(x)
        return features


def examples():
    yield Pyramid(True), (torch.rand(1, 3, 8, 8),)
    yield Pyramid(False), (torch.rand(1, 3, 8, 8),)
