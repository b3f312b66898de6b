# Met in distances and losses: a small number that keeps from dividing by zero.
# torch.jit.script: Perhaps it is a closed over global variable
import torch
import torch.nn as nn

EPS = 1e-5
SIZE: int = 2 * 4
SHIFT = -3


def unit(x):
    return x / (x.norm() + EPS)


class Distance(nn.Module):
    def forward(self, x, y, eps: float = EPS):
        return (unit(x) - unit(y)).abs().clamp(min=eps).view(-1, SIZE) - SHIFT


def examples():
    yield Distance(), (torch.rand(4, 8), torch.rand(4, 8))
