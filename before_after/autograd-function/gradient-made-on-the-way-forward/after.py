# Met in collections of losses: the forward makes the gradient at once and keeps it.
# torch.jit.save: Could not export Python function call 'MishFunction'
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.autograd import Function


def mish(feat):
    if not torch.jit.is_scripting():
        return MishFunction.apply(feat)
    tanh = torch.tanh(F.softplus(feat))
    out = feat * tanh
    return out


class MishFunction(Function):
    """Mish with a gradient of its own."""

    @staticmethod
    def forward(ctx, feat):
        """feat: any shape."""
        tanh = torch.tanh(F.softplus(feat))
        out = feat * tanh
        grad = tanh + feat * (1 - torch.pow(tanh, 2)) * torch.sigmoid(feat)
        ctx.grad = grad
        return out

    @staticmethod
    def backward(ctx, grad_output):
        return grad_output * ctx.grad


class Mish(nn.Module):
    def forward(self, feat):
        return mish(feat)


def examples():
    yield Mish(), (torch.randn(2, 8),)
