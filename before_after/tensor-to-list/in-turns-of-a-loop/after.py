# Met in masks: each length fills a row.
# torch.jit.script: Expected type hint for result of tolist()
from typing import List

import torch
import torch.nn as nn


class Mask(nn.Module):
    def forward(self, x, lengths):
        mask = torch.zeros(x.size(0), x.size(1))
        for row, length in enumerate(torch.jit.annotate(List[int], lengths.tolist())):
            mask[row, :length] = 1
        return x * mask


def examples():
    yield Mask(), (torch.rand(2, 5), torch.tensor([5, 2]))
