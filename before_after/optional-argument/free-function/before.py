# Met in code that keeps its arithmetic outside the modules: forward calls a plain function.
# torch.jit.script: Unsupported value kind: Tensor
import torch
import torch.nn as nn


def weighted_mse(pred, target, weight=None):
    loss = (pred - target).pow(2)
    if weight is not None:
        loss = loss * weight.view(-1, 1)
    return loss.mean()


class Criterion(nn.Module):
    def forward(self, pred, target):
        return weighted_mse(pred, target)


def examples():
    yield Criterion(), (torch.rand(4, 2), torch.rand(4, 2))
