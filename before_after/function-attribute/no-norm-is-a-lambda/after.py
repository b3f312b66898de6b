# Met in attention: a norm that is only there on request, in one line.
# torch.jit.script: This function exists as an attribute on the Python module
import torch
import torch.nn as nn


def _norm(x):
    return x


class Attention(nn.Module):
    def __init__(self, dim, norm_q=0):
        super().__init__()
        self.norm = nn.LayerNorm(dim) if norm_q else (_norm)
        self.proj = nn.Linear(dim, dim)

    def forward(self, query, value):
        query = self.norm(query)
        return torch.softmax(self.proj(query) @ value.t(), dim=-1) @ value


def examples():
    yield Attention(3), (torch.rand(2, 3), torch.rand(4, 3))
    yield Attention(3, 1), (torch.rand(2, 3), torch.rand(4, 3))
