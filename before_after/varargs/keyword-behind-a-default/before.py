# Met in flows with an optional mask: what every call passes by name would stand behind a default.
# torch.jit.script: Compiled functions can't take variable number of arguments
import torch
import torch.nn as nn


class Shift(nn.Module):
    def forward(self, x, cond):
        return x + cond


class Step(nn.Module):
    def __init__(self):
        super().__init__()
        self.shift = Shift()

    def forward(self, x, reverse: bool = False, **kwargs):
        if reverse:
            x = -x
        return self.shift(x, **kwargs)


class Flow(nn.Module):
    def __init__(self):
        super().__init__()
        self.step = Step()

    def forward(self, x, cond):
        return self.step(x, cond=cond) + self.step(x, True, cond=cond)


def examples():
    yield Flow(), (torch.rand(2, 3), torch.rand(2, 3))
