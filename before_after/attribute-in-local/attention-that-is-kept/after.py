# Met in attention layers: the weights are kept for people who draw them.
# torch.jit.script: 'Optional[Tensor]' object has no attribute or method 'matmul'
from typing import Optional

import torch
import torch.nn as nn


class Attention(nn.Module):
    attn: Optional[torch.Tensor]

    def __init__(self):
        super().__init__()
        self.attn = None

    def forward(self, x):
        scores = x.matmul(x.transpose(1, 2))
        # kept to be drawn
        attn = torch.softmax(
            scores,
            -1,
        )
        self.attn = attn
        # the weighted mean
        out = attn.matmul(x)
        return out + attn.sum()


def examples():
    yield Attention(), (torch.rand(2, 3, 3),)
