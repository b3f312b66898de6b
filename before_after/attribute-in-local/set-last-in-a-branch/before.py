# Met in dynamic convolutions: the name of the local is taken, each branch ends with setting it.
# torch.jit.script: Tried to set nonexistent attribute: groups
import torch
import torch.nn as nn


class Grouped(nn.Module):
    def forward(self, x):
        groups = 2
        if x.size(0) > 1:
            groups = 3
            self.groups = x.size(0) * groups
        else:
            self.groups = 1
        self.groups = self.groups + 1
        return x * self.groups + groups


def examples():
    yield Grouped(), (torch.rand(2, 3),)
    yield Grouped(), (torch.rand(1, 3),)
