# Met in quantised networks: rounding, with the gradient passed straight through.
# torch.jit.save: Could not export Python function call 'Quantise'
# Held back: backward stands in for a derivative
import torch
import torch.nn as nn


class Quantise(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        levels = x * 255
        return levels.round() / 255

    @staticmethod
    def backward(ctx, grad_output):
        return grad_output


class Layer(nn.Module):
    def forward(self, x):
        return Quantise.apply(x)


def examples():
    yield Layer(), (torch.rand(2, 8),)
