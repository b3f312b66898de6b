# Met in elastic networks: a number of channels that may be set on a model, or may not.
# torch.jit.script: has no attribute 'first_k'
import torch
import torch.nn as nn


class ElasticLinear(nn.Module):
    def __init__(self, dim, first_k=None):
        super(ElasticLinear, self).__init__()
        self.linear = nn.Linear(dim, dim)
        if first_k is not None:
            self.first_k = first_k

    def forward(self, x):
        out = self.linear(x)
        if not hasattr(self, 'first_k') or self.first_k >= out.size(1):
            return out
        return out[:, :2]


def examples():
    yield ElasticLinear(3), (torch.rand(2, 3),)
    yield ElasticLinear(3, 2), (torch.rand(2, 3),)
    yield ElasticLinear(3, 3), (torch.rand(2, 3),)
