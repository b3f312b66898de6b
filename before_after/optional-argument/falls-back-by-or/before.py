# Met in models with a default of their own: `or` takes zero for missing, too, and does not compile.
# torch.jit.script: Expected a default value of type int on parameter "groups"
# Held back: the truth of groups decides a value
import torch
import torch.nn as nn


class Shuffle(nn.Module):
    def __init__(self, groups=2):
        super(Shuffle, self).__init__()
        self.groups = groups

    def forward(self, x, groups: int = None):
        groups = groups or self.groups
        return x.view(x.size(0), groups, -1).transpose(1, 2).reshape(x.size(0), -1)


def examples():
    yield Shuffle(), (torch.rand(2, 4),)
