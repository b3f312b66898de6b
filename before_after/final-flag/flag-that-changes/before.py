# Met in networks that are pruned while they train: a method switches the flag.
# torch.jit.script: Previous return statement returned a value of type
# Held back: self.keep is not known to be a bool that never changes
import torch
import torch.nn as nn


class Gate(nn.Module):
    def __init__(self):
        super().__init__()
        self.keep = True
        self.fc = nn.Linear(4, 4)

    def prune(self):
        self.keep = False

    def forward(self, x):
        if self.keep:
            return self.fc(x), x
        return x


def examples():
    yield Gate(), (torch.rand(2, 4),)
