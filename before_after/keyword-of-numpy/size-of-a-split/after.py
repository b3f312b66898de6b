# Met in code that names every argument: a split is asked for by the name that only Python has.
# torch.jit.script: Argument split_size not provided
import torch
import torch.nn as nn


class Style(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.dim = dim
        self.affine = nn.Linear(dim, 2 * dim)

    def forward(self, x, style):
        mean = torch.mean(input=x, dim=1, keepdim=True)
        style = self.affine(style)
        scale, bias = torch.split(style, self.dim, dim=1)
        return (x - mean) * scale + bias


def examples():
    yield Style(3), (torch.rand(2, 3), torch.rand(2, 3))
