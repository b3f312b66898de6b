# Met in structural similarity and in blurs: a window of a bell curve, made where it is used.
# torch.jit.script: Unknown builtin op: aten::Tensor
from math import exp

import torch
import torch.nn as nn


def bell(size: int, sigma: float):
    window = torch.tensor([exp(-((x - size // 2) ** 2) / (2 * sigma**2)) for x in range(size)])
    return window / window.sum()


class Blur(nn.Module):
    def forward(self, x):
        window = bell(3, 1.5).view(1, 1, 3)
        return nn.functional.conv1d(x, window, padding=1)


def examples():
    yield Blur(), (torch.rand(2, 1, 5),)
