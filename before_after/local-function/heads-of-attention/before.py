# Met in transformers: two small functions that split the heads and join them.
# torch.jit.script: function definitions aren't supported
import torch
import torch.nn as nn


class MultiHeadAttention(nn.Module):
    def __init__(self, dim, n_heads):
        super().__init__()
        self.dim = dim
        self.n_heads = n_heads
        self.q_lin = nn.Linear(dim, dim)
        self.k_lin = nn.Linear(dim, dim)

    def forward(self, x):
        bs, qlen, dim = x.size()
        dim_per_head = self.dim // self.n_heads

        def shape(t):
            """projection"""
            return t.view(bs, -1, self.n_heads, dim_per_head).transpose(1, 2)

        def unshape(t):
            """compute context"""
            return t.transpose(1, 2).contiguous().view(bs, -1, self.n_heads * dim_per_head)

        q = shape(self.q_lin(x))
        k = shape(self.k_lin(x))
        weights = torch.matmul(q, k.transpose(2, 3)).softmax(dim=-1)
        context = unshape(torch.matmul(weights, k))
        return context


def examples():
    yield MultiHeadAttention(8, 2), (torch.rand(2, 3, 8),)
