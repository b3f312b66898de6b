# Met in backbones: all feature maps where they are asked for, and the last one alone otherwise.
# torch.jit.script: Previous return statement returned a value of type
import torch
import torch.nn as nn


class Backbone(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.one = nn.Linear(dim, dim)
        self.two = nn.Linear(dim, dim)

    def forward(self, x, every: bool = False):
        one = self.one(x)
        two = self.two(one)
        if every and x.dim() > 1:
            return [one, two]
        return two


def examples():
    yield Backbone(3), (torch.rand(2, 3),)
