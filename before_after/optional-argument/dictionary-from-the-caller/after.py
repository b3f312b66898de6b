# Met in incremental decoding: what was computed before comes back in a dictionary.
# torch.jit.script: indexing tensor with unsupported index type 'str'
from typing import Dict, Optional

import torch
import torch.nn as nn


class CachedAttention(nn.Module):
    def __init__(self, dim):
        super(CachedAttention, self).__init__()
        self.key = nn.Linear(dim, dim)

    def forward(self, x, cache: Optional[Dict[str, torch.Tensor]] = None):
        key = self.key(x)
        if cache is not None:
            key = torch.cat([cache['key'], key], dim=1)
        return torch.softmax(x @ key.transpose(1, 2), dim=-1) @ key


class Decoder(nn.Module):
    def __init__(self, dim):
        super(Decoder, self).__init__()
        self.first = CachedAttention(dim)
        self.second = CachedAttention(dim)

    def forward(self, x):
        y = self.first(x)
        return self.second(y, {'key': y})


def examples():
    yield Decoder(3), (torch.rand(1, 2, 3),)
