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

        q = self.q_lin(x).view(bs, -1, self.n_heads, dim_per_head).transpose(1, 2)
        k = self.k_lin(x).view(bs, -1, self.n_heads, dim_per_head).transpose(1, 2)
        weights = torch.matmul(q, k.transpose(2, 3)).softmax(dim=-1)
        context = (
            torch.matmul(weights, k)
            .transpose(1, 2)
            .contiguous()
            .view(bs, -1, self.n_heads * dim_per_head)
        )
        return context


def examples():
    yield MultiHeadAttention(8, 2), (torch.rand(2, 3, 8),)
