# Met in attention with sparse weights: the module has a name for the apply, and a default.
# torch.jit.save: Could not export Python function call 'SquareMaxFunction'
import torch
import torch.nn as nn
from torch.autograd import Function


class SquareMaxFunction(Function):
    @staticmethod
    def forward(ctx, input, dim=-1):
        ctx.dim = dim
        shifted = input - input.amax(dim=ctx.dim, keepdim=True)
        output = torch.clamp(shifted + 1, min=0) ** 2
        ctx.save_for_backward(output)
        return output / output.sum(dim=dim, keepdim=True)

    @staticmethod
    def backward(ctx, grad_output):
        return grad_output, None


def square_max(input, dim: int = -1):
    if not torch.jit.is_scripting():
        return SquareMaxFunction.apply(input, dim)
    shifted = input - input.amax(dim=dim, keepdim=True)
    output = torch.clamp(shifted + 1, min=0) ** 2
    return output / output.sum(dim=dim, keepdim=True)


class Weights(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.dim = dim

    def forward(self, scores):
        return square_max(scores, self.dim)


def examples():
    yield Weights(1), (torch.randn(2, 8),)
