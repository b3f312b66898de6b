# Met in losses and recurrent networks: a tensor made on the way says whether it needs a gradient.
# torch.jit.script: Keyword argument requires_grad unknown
import torch
import torch.nn as nn


class Recurrent(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.dim = dim
        self.cell = nn.Linear(2 * dim, dim)

    def forward(self, x):
        h = torch.zeros(x.size(0), self.dim, requires_grad=False)
        one = torch.ones(1, requires_grad=True)
        mask = x.new_empty(x.size(0), self.dim, requires_grad=False).fill_(1.0)
        return self.cell(torch.cat([x, h * mask], 1)) * one


def examples():
    yield Recurrent(2), (torch.rand(3, 2),)
