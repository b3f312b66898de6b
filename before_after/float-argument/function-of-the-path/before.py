# Met in losses: a function says that it takes floats, and the module holds what it was given.
# torch.jit.script: Expected a value of type 'float' for argument 'gamma' but instead found type 'int'
import torch
import torch.nn as nn


def focal(x: torch.Tensor, y: torch.Tensor, alpha: float = 0.25, gamma: float = 2.0):
    p = torch.sigmoid(x)
    weight = torch.pow(1.0 - p, gamma) * alpha
    return (weight * (x - y) ** 2).mean()


class FocalLoss(nn.Module):
    def __init__(self, gamma=2):
        super().__init__()
        self.gamma = gamma

    def forward(self, x, y):
        return focal(x, y, 0.5, gamma=self.gamma)


def examples():
    yield FocalLoss(), (torch.rand(2, 3), torch.rand(2, 3))
