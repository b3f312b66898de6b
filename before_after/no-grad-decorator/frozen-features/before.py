# Met in transfer learning: features of a network that is not trained.
# torch.jit.script: undefined value torch
import torch
import torch.nn as nn


class Frozen(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.layer = nn.Linear(dim, dim)

    @torch.no_grad()
    def forward(self, x):
        return torch.relu(self.layer(x))


def examples():
    yield Frozen(3), (torch.rand(2, 3),)
