# Met in losses: what is not weighted is done early.
# torch.jit.script: 'Tensor (inferred)' object has no attribute or method 'items'
import torch
import torch.nn as nn


def weighted(loss, weights: None = None):
    if weights is None:
        return loss.mean()
    for name, weight in weights.items():
        loss = loss * weight
    return loss.sum()


class Loss(nn.Module):
    def forward(self, x, y):
        return weighted((x - y).abs())


def examples():
    yield Loss(), (torch.rand(2, 3), torch.rand(2, 3))
