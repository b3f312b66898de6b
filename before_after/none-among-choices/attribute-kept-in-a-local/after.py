# Met in normalisation by choice: the attribute may be None, and is looked at through a local.
# torch.jit.script: aten::__contains__
from typing import Optional

import torch
import torch.nn as nn


class Scaled(nn.Module):
    kind: Optional[str]

    def __init__(self, kind=None):
        super().__init__()
        self.kind = kind

    def forward(self, x):
        kind = self.kind
        if kind is None or kind in ("plain",):
            return x
        return x * 2.0


def examples():
    yield Scaled(), (torch.rand(2, 3),)
    yield Scaled("plain"), (torch.rand(2, 3),)
    yield Scaled("other"), (torch.rand(2, 3),)
