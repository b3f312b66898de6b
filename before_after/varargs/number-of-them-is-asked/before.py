# Met in attentions and placeholders that take one thing or two: each number has its branch.
# torch.jit.script: Compiled functions can't take variable number of arguments
import torch
import torch.nn as nn


class Attend(nn.Module):
    def forward(self, *states):
        if len(states) == 1:
            return states[0].softmax(-1) * states[0]
        elif len(states) > 2:
            raise ValueError("one or two")
        left, right = states
        return left.softmax(-1) * right


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.attend = Attend()

    def forward(self, x):
        return self.attend(x, x + 1)


def examples():
    yield Net(), (torch.rand(2, 3),)
