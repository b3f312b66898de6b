# Met in mixtures of experts: a norm and an expert for each place in the text.
# torch.jit.script: indexing is only supported with integer literals
import torch
import torch.nn as nn


class Experts(nn.Module):
    def __init__(self, dim):
        super(Experts, self).__init__()
        self.norms = nn.ModuleList([nn.LayerNorm(dim) for _ in range(2)])
        self.experts = nn.ModuleList([nn.Linear(dim, dim) for _ in range(2)])

    def _call_norms(self, index: int, x):
        for place, layer in enumerate(self.norms):
            if place == index or place == index + len(self.norms):
                return layer(x)
        raise IndexError(str(index))

    def _call_experts(self, index: int, x):
        for place, layer in enumerate(self.experts):
            if place == index or place == index + len(self.experts):
                return layer(x)
        raise IndexError(str(index))

    def forward(self, x):
        best = int(x.sum() > 0)
        out = self._call_norms(best, x)
        return self._call_experts(best, out + x)


def examples():
    yield Experts(3), (torch.rand(2, 3),)
