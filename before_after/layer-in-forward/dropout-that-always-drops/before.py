# Met in classifiers: a Dropout that is made in forward drops in eval mode, too, and goes on doing so.
# torch.jit.script: Cannot instantiate class
from torch import nn
import torch


class Head(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(8, 2)

    def forward(self, x):
        return self.fc(nn.Dropout(p=0.5)(x))


def examples():
    yield Head(), (torch.rand(4, 8),)
