# Met in hand-made activations: what is passed is computed once, so it is not written out twice.
# torch.jit.script: Lambda aren't supported
import torch
import torch.nn as nn


class Gate(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.fc = nn.Linear(size, size)
        self.dropout = nn.Dropout(0.5)

    def _gated(self, t):
        return t * torch.sigmoid(t)

    def forward(self, x):
        return self._gated(self.dropout(self.fc(x)))


def examples():
    yield Gate(4), (torch.rand(2, 4),)
