# Met in style-based generators: the name of an activation, or None for a linear layer.
# torch.jit.script: Could not cast value of type
import torch
import torch.nn as nn
import torch.nn.functional as F


class EqualizedLinear(nn.Module):
    def __init__(self, in_dim, out_dim, activation=None, lr_mul=1.0):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(out_dim, in_dim).div_(lr_mul))
        self.bias = nn.Parameter(torch.zeros(out_dim))
        self.activation = activation
        self.scale = (1 / in_dim ** 0.5) * lr_mul

    def forward(self, input):
        if (self.activation if self.activation is not None else False):
            out = F.linear(input, self.weight * self.scale)
            return F.leaky_relu(out + self.bias, 0.2)
        return F.linear(input, self.weight * self.scale, bias=self.bias)


def examples():
    yield EqualizedLinear(4, 3), (torch.rand(2, 4),)
    yield EqualizedLinear(4, 3, 'fused_lrelu'), (torch.rand(2, 4),)
