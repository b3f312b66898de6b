# Met in models that are trained on several tasks: without heads, forward is done early.
# torch.jit.script: Expected a value of type
import torch
import torch.nn as nn


class Trunk(nn.Module):
    def __init__(self, dim, with_head=False, scale=None):
        super(Trunk, self).__init__()
        self.with_head = with_head
        self.scale = scale
        self.body = nn.Linear(dim, dim)

    def forward(self, x):
        x = self.body(x)
        if not self.with_head:
            return x
        return torch.mul(x, self.scale)


def examples():
    yield Trunk(3), (torch.rand(2, 3),)
    yield Trunk(3, True, 2.0), (torch.rand(2, 3),)
