# Met in dynamic convolutions: the name of the local is taken, each branch ends with setting it.
# torch.jit.script: Tried to set nonexistent attribute: groups
import torch
import torch.nn as nn


class Grouped(nn.Module):
    def forward(self, x):
        groups = 2
        if x.size(0) > 1:
            groups = 3
            groups_now = x.size(0) * groups
            if not torch.jit.is_scripting():
                self.groups = groups_now
        else:
            groups_now = 1
            if not torch.jit.is_scripting():
                self.groups = groups_now
        groups_now = groups_now + 1
        if not torch.jit.is_scripting():
            self.groups = groups_now
        return x * groups_now + groups


def examples():
    yield Grouped(), (torch.rand(2, 3),)
    yield Grouped(), (torch.rand(1, 3),)
