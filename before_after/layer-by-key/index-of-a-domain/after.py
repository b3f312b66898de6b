# Met in models of several domains: which head answers is an argument.
# torch.jit.script: indexing is only supported with integer literals
import torch
import torch.nn as nn


class DomainHeads(nn.Module):
    def __init__(self, dim, domains):
        super(DomainHeads, self).__init__()
        self.heads = nn.ModuleList([nn.Linear(dim, 2) for _ in range(domains)])

    def _call_heads(self, index: int, x):
        for place, layer in enumerate(self.heads):
            if place == index or place == index + len(self.heads):
                return layer(x)
        raise IndexError(str(index))

    def forward(self, x, domain: int):
        return self._call_heads(domain, torch.relu(x))


def examples():
    yield DomainHeads(3, 2), (torch.rand(2, 3), 1)
    yield DomainHeads(3, 2), (torch.rand(2, 3), -2)
