# Met in pyramids: the outputs of a few heads, scaled by their number.
# torch.jit.script: object has no attribute or method '__call__'
import torch
import torch.nn as nn


class Heads(nn.Module):
    def __init__(self):
        super().__init__()
        self.near = nn.Linear(3, 2)
        self.far = nn.Linear(3, 2)

    def forward(self, x):
        outs = []
        outs.append(self.near(x) * 0.5 + 0)
        outs.append(self.far(x) * 2.0 + 1)
        return outs


def examples():
    yield Heads(), (torch.rand(1, 3),)
