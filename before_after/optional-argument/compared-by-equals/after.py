# Met in older code: `== None`, which a Tensor answers element by element in TorchScript.
# torch.jit.script: Arguments for call are not valid
from typing import Optional

import torch
import torch.nn as nn


class Attention(nn.Module):
    def __init__(self, dim):
        super(Attention, self).__init__()
        self.linear = nn.Linear(dim, dim)

    def forward(self, query, context: Optional[torch.Tensor] = None):
        if context is None:
            context = query
        scores = torch.bmm(self.linear(query), context.transpose(1, 2))
        return torch.bmm(torch.softmax(scores, dim=2), context)


class Reader(nn.Module):
    def __init__(self, dim):
        super(Reader, self).__init__()
        self.attention = Attention(dim)

    def forward(self, x):
        return self.attention(x)


def examples():
    yield Reader(3), (torch.rand(2, 4, 3),)
