# Met where a flag of the layer chooses between two ways: no assert fits into an expression.
# torch.jit.script: Unsupported value kind: Tensor
from typing import Optional

import torch
import torch.nn as nn


class Mix(nn.Module):
    def __init__(self, dim, with_skip):
        super(Mix, self).__init__()
        self.with_skip = with_skip
        self.fc = nn.Linear(dim, dim)

    def forward(self, x, skip: Optional[torch.Tensor] = None):
        x = self.fc(x)
        if self.with_skip:
            assert skip is not None
            y = torch.cat([x, skip], dim=1)
        else:
            y = x
        return torch.relu(y)


class Net(nn.Module):
    def __init__(self, dim=3):
        super(Net, self).__init__()
        self.first = Mix(dim, with_skip=False)
        self.second = Mix(dim, with_skip=True)

    def forward(self, x):
        return self.second(self.first(x), x)


def examples():
    yield Net(), (torch.rand(2, 3),)
