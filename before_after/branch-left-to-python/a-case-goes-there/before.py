# Met where a mode is used: what a case needs is nothing to leave out.
# torch.jit.script: has no attribute or method
import torch
import torch.nn as nn


class Norm(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.fc = nn.Linear(dim, dim)

    def forward(self, x):
        if x.dim() > 1:
            return self.fc(x) * len(x.__class__.__mro__)
        return self.fc(x)


def examples():
    yield Norm(3), (torch.rand(2, 3),)
