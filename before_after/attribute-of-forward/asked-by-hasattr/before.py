# Met in normalizing flows: whether forward has run is asked by hasattr.
# torch.jit.script: Tried to set nonexistent attribute: batch_mean
# Held back: which is noticed
import torch
import torch.nn as nn


class BatchNorm(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.beta = nn.Parameter(torch.zeros(dim))

    def forward(self, x):
        self.batch_mean = x.mean(0)
        return x - self.batch_mean + self.beta

    def inverse(self, y):
        if not hasattr(self, 'batch_mean'):
            raise RuntimeError('run forward first')
        return y - self.beta + self.batch_mean


def examples():
    yield BatchNorm(3), (torch.rand(2, 3),)
