# Met in hooks and logs: what goes into the list is nothing that TorchScript has a type for.
# torch.jit.script: List trace inputs must have elements
# Held back: nothing shows what self.used holds, or it holds several types
import torch
import torch.nn as nn


class Logging(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(3, 3)
        self.used = []

    def forward(self, x):
        self.used.append(self.linear)
        return self.linear(x)


def examples():
    yield Logging(), (torch.rand(2, 3),)
