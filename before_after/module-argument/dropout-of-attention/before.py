# Met in nearly every Transformer: the dropout is passed to a function of the file.
# torch.jit.script: cannot call a value of type 'Tensor'
import math

import torch
import torch.nn as nn
import torch.nn.functional as F


def attention(query, key, value, dropout=None):
    """Compute 'Scaled Dot Product Attention'"""
    scores = torch.matmul(query, key.transpose(-2, -1)) / math.sqrt(query.size(-1))
    p_attn = F.softmax(scores, dim=-1)
    # None in the tests.
    if dropout is not None:
        p_attn = dropout(p_attn)

    return torch.matmul(p_attn, value), p_attn


class MultiHeadedAttention(nn.Module):
    def __init__(self, heads, dim, dropout=0.1):
        super().__init__()
        self.heads = heads
        self.linear = nn.Linear(dim, dim)
        self.dropout = nn.Dropout(p=dropout)

    def forward(self, query, key):
        query, key = self.linear(query), self.linear(key)
        x, _ = attention(query, key, key, dropout=self.dropout)
        return x


def examples():
    model = MultiHeadedAttention(2, 4).eval()
    yield model, (torch.rand(1, 3, 4), torch.rand(1, 3, 4))
