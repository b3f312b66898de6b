# Met in losses: the text of an assertion names it, in braces.
# torch.jit.script: Variable 'x' previously had type Tensor
# Held back: which values of x reach which of its uses is not plain here
import torch
import torch.nn as nn


class Loss(nn.Module):
    def forward(self, x):
        if x.dim() > 1:
            x = x.size()
            assert len(x) == 2, f"no matrix: {x}"
            return torch.zeros(x[0])
        return x


def examples():
    yield Loss(), (torch.rand(2, 3),)
