# Met in hand-written attention: the forward keeps only what the backward will ask for.
# torch.jit.save: Could not export Python function call 'Product'
# Held back: forward asks for ctx.needs_input_grad
import torch
import torch.nn as nn


class Product(torch.autograd.Function):
    @staticmethod
    def forward(ctx, a, b):
        if ctx.needs_input_grad[0]:
            ctx.b = b
        return a @ b

    @staticmethod
    def backward(ctx, grad_output):
        return grad_output @ ctx.b.transpose(-2, -1), None


class Attention(nn.Module):
    def forward(self, a, b):
        return Product.apply(a, b)


def examples():
    yield Attention(), (torch.rand(2, 3), torch.rand(3, 4))
