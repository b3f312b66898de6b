# Met in transformers: a mask is handed down, to where it is a method's business.
# torch.jit.script: 'Tensor (inferred)' object has no attribute or method 'additive'
import torch
from torch import nn


class Attention(nn.Module):
    def forward(self, x, attn_mask=None):
        scores = x @ x.transpose(-1, -2)
        if x.size(1) > 1 and attn_mask is not None:
            scores = scores + attn_mask.additive()
        return scores.softmax(-1) @ x


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.attention = Attention()

    def forward(self, x, mask=None):
        return x + self.attention(x, attn_mask=mask)


def examples():
    yield Layer(), (torch.rand(2, 4, 3),)
