# Met in heads for segmentation: sizes go through a Tensor, so that tracing keeps them.
# torch.jit.script: Expected type hint for result of tolist()
from typing import List

import torch
import torch.nn as nn


class Attend(nn.Module):
    def forward(self, x):
        batch, channels = torch.jit.annotate(List[int], torch.tensor(x.shape[:2]).tolist())
        height, width = torch.jit.annotate(List[int], torch.tensor([x.size(2), x.size(3)]).tolist())
        x = x.view(batch, channels, -1).softmax(-1)
        return x.view(batch, channels, height, width)


def examples():
    yield Attend(), (torch.rand(2, 3, 4, 5),)
