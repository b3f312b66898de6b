# Met in identities and wrappers that are typed for a type checker: Any goes in.
# torch.jit.script: but instead found type 'Any'
from typing import Any

import torch
import torch.nn as nn


class Echo(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.fc = nn.Linear(dim, dim)

    def forward(self, x: Any) -> torch.Tensor:
        return self.fc(x)


def examples():
    yield Echo(2), (torch.rand(2, 2),)
