# Met everywhere: a branch on the line of its `if`. Which of the two ran, lines do not tell.
# torch.jit.script: has no attribute or method
# Held back: it stands on the line of its `if`
import torch
import torch.nn as nn


class Net(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.fc = nn.Linear(dim, dim)

    def forward(self, x, mode: int = 1):
        if mode == 0: return x.drawn()
        return self.fc(x)


def examples():
    yield Net(3), (torch.rand(2, 3),)
