# Met where the use asks something else than the definition did: no test can stand for `is not None`.
# torch.jit.script: Module 'Gate' has no attribute 'gate'
import torch
import torch.nn as nn
import torch.nn.functional as F


class Gate(nn.Module):
    def __init__(self, dim, gated):
        super(Gate, self).__init__()
        self.steps = 2 if gated else 1
        self.fc = nn.Linear(dim, dim)
        self.gate = nn.Linear(dim, dim) if gated else None

    def forward(self, x):
        x = self.fc(x)
        if self.steps > 1:
            assert self.gate is not None
            y = torch.sigmoid(self.gate(x)) * x
        else:
            y = x
        return y


def examples():
    yield Gate(4, True), (torch.rand(2, 4),)
    yield Gate(4, False), (torch.rand(2, 4),)
