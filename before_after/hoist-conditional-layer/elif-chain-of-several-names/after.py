# Met in heads with a pooling to choose: each branch of the chain has layers of its own.
# torch.jit.script: Module 'Head' has no attribute
import torch
import torch.nn as nn
import torch.nn.functional as F


class Head(nn.Module):
    def __init__(self, dim, classes, pool='avg'):
        super(Head, self).__init__()
        self.pool = pool
        self.attention = None
        self.squeeze = None
        if pool == 'attention':
            self.attention = nn.Linear(dim, 1)
        elif pool == 'conv':
            self.squeeze = nn.Conv1d(dim, dim, 1)
        self.fc = nn.Linear(dim, classes)

    def forward(self, x):
        if self.pool == 'attention':
            assert self.attention is not None
            weights = torch.softmax(self.attention(x), dim=1)
            x = (x * weights).sum(1)
        elif self.pool == 'conv':
            assert self.squeeze is not None
            x = self.squeeze(x.transpose(1, 2)).mean(2)
        else:
            x = x.mean(1)
        return self.fc(x)


def examples():
    for pool in ('attention', 'conv', 'avg'):
        yield Head(4, 2, pool), (torch.rand(2, 5, 4),)
