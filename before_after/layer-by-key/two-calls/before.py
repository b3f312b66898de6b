# Met in mixtures of experts: a norm and an expert for each place in the text.
# torch.jit.script: indexing is only supported with integer literals
import torch
import torch.nn as nn


class Experts(nn.Module):
    def __init__(self, dim):
        super(Experts, self).__init__()
        self.norms = nn.ModuleList([nn.LayerNorm(dim) for _ in range(2)])
        self.experts = nn.ModuleList([nn.Linear(dim, dim) for _ in range(2)])

    def forward(self, x):
        best = int(x.sum() > 0)
        out = self.norms[best](x)
        return self.experts[best](out + x)


def examples():
    yield Experts(3), (torch.rand(2, 3),)
