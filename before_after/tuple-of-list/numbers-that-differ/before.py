# Met in heads: a model with two of them, and another one with three.
# torch.jit.script: cannot statically infer the expected size of a list in this context
# Held back: cases saw it return Tuple[Tensor, Tensor, Tensor] and Tuple[Tensor, Tensor]
import torch
import torch.nn as nn


class Heads(nn.Module):
    def __init__(self, dim, count):
        super().__init__()
        self.heads = nn.ModuleList([nn.Linear(dim, 2) for _ in range(count)])

    def forward(self, x):
        outs = [head(x) for head in self.heads]
        return tuple(outs)


def examples():
    yield Heads(3, 2), (torch.rand(2, 3),)
    yield Heads(3, 3), (torch.rand(2, 3),)
