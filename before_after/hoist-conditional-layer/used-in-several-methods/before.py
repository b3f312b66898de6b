# Met in models whose forward is split up: two methods use the layer, each under its own test.
# torch.jit.script: Module 'Encoder' has no attribute 'dropout'
import torch
import torch.nn as nn
import torch.nn.functional as F


class Encoder(nn.Module):
    def __init__(self, dim, p=0.0):
        super(Encoder, self).__init__()
        self.p = p
        self.first = nn.Linear(dim, dim)
        self.second = nn.Linear(dim, dim)
        if p > 0:
            self.dropout = nn.Dropout(p)

    def embed(self, x):
        x = self.first(x)
        if self.p > 0:
            x = self.dropout(x)
        return x

    def forward(self, x):
        x = F.relu(self.embed(x))
        x = self.second(x)
        if self.p > 0 and x.size(0) > 1:
            x = self.dropout(x)
        return x


def examples():
    yield Encoder(4, 0.5), (torch.rand(2, 4),)
    yield Encoder(4), (torch.rand(2, 4),)
