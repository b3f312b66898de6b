# Met in domain adaptation: the forward does nothing, the backward is the point.
# torch.jit.save: Could not export Python function call 'ReverseGradient'
# Held back: backward stands in for a derivative
import torch
import torch.nn as nn


class ReverseGradient(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, scale):
        ctx.scale = scale
        return x.view_as(x)

    @staticmethod
    def backward(ctx, grad_output):
        return -ctx.scale * grad_output, None


class Discriminator(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(8, 1)

    def forward(self, x):
        return self.fc(ReverseGradient.apply(x, 0.5))


def examples():
    yield Discriminator(), (torch.randn(2, 8),)
