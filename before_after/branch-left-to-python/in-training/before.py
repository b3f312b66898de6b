# Met in detection: losses in training. Whether it is trained, the cases do not choose.
# torch.jit.script: has no attribute or method
# Held back: whether it is trained is decided where the model is used
import torch
import torch.nn as nn


class Head(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.fc = nn.Linear(dim, dim)

    def forward(self, x):
        x = self.fc(x)
        if self.training and x.dim() > 1:
            return x.losses()
        return x


def examples():
    yield Head(3), (torch.rand(2, 3),)
