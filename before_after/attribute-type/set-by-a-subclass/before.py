# Met in schedules: a base class begins with a whole number, the subclass goes on with halves.
# torch.jit.script: Wrong type for attribute assignment. Expected int but got float
import torch
import torch.nn as nn


class Scheduled(nn.Module):
    def __init__(self):
        super().__init__()
        self.level = 4


class Halving(Scheduled):
    def forward(self, x):
        if self.training:
            self.level = self.level / 2
        return x * self.level


def examples():
    yield Halving(), (torch.rand(2, 3),)
