# Met in wrappers that are typed for a type checker: Any comes out, and is used as a tensor.
# torch.jit.script: but instead found type 'Any'
from typing import Any

import torch
import torch.nn as nn


class Echo(nn.Module):
    def forward(self, x) -> Any:
        return x * 2


class Net(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.echo = Echo()
        self.fc = nn.Linear(dim, dim)

    def forward(self, x):
        return self.fc(self.echo(x))


def examples():
    yield Net(3), (torch.rand(2, 3),)
