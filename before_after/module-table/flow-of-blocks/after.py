# Met in normalizing flows: every block gives back two things, which a plain Sequential cannot do.
# torch.jit.script: has no attribute '_modules'
import torch
import torch.nn as nn


class Block(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.linear = nn.Linear(dim, dim)

    def forward(self, x):
        return self.linear(x), x.sum()


class FlowSequential(nn.Sequential):
    def forward(self, x):
        total = torch.zeros(1)
        for block in self:
            x, log_prob = block(x)
            total = total + log_prob
        return x, total


def examples():
    yield FlowSequential(Block(3), Block(3)), (torch.rand(2, 3),)
