# Met in code from before PEP 484 forbade it: an annotation that does not say that None is allowed.
# torch.jit.script: Expected a default value of type int on parameter "length"
from typing import Optional

import torch
from torch import Tensor, nn


class PositionalEncoding(nn.Module):
    def __init__(self, dim: int, max_len: int = 16) -> None:
        super().__init__()
        self.register_buffer("pe", torch.linspace(0, 1, max_len * dim).view(max_len, dim))

    def forward(
        self, x: Tensor, offset: Optional[Tensor] = None, length: Optional[int] = None
    ) -> Tensor:
        if length is None:
            length = x.shape[1]
        x = x + self.pe[:length]
        if offset is not None:
            x = x + offset
        return x


def examples():
    yield PositionalEncoding(4), (torch.rand(1, 5, 4),)
    yield PositionalEncoding(4), (torch.rand(1, 5, 4), torch.rand(1, 5, 4), 5)
