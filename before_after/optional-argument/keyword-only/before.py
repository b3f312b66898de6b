# Met in modern signatures: behind a star, a default does not compile, whatever the annotation.
# torch.jit.script: keyword-only arguments with defaults
# Held back: keyword-only arguments with a default do not compile
import torch
import torch.nn as nn


class Block(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.fc = nn.Linear(dim, dim)

    def forward(self, x, *, mask=None):
        x = self.fc(x)
        if mask is not None:
            x = x.masked_fill(mask, 0.0)
        return x


def examples():
    yield Block(2), (torch.rand(2, 2),)
