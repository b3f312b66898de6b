# Met in multi-scale networks: a comprehension has its own x.
# torch.jit.script: Variable 'x' previously had type Tensor
import torch
import torch.nn as nn


class Pyramid(nn.Module):
    def __init__(self, steps):
        super().__init__()
        self.steps = steps

    def forward(self, x):
        sizes = [x.size(2) // (x.size(3) * 0 + 1) for x in [x, x * 2]]
        scales = [2 * x_int + 1 for x_int in range(self.steps)]
        return x * scales[0] + sizes[1]


def examples():
    yield Pyramid(3), (torch.rand(1, 2, 4, 4),)
