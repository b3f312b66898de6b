# Met in detection heads and losses: the positions of a mask, as one tensor or one for each side.
# torch.jit.script: Keyword argument as_tuple unknown
import torch
import torch.nn as nn


class Pick(nn.Module):
    def forward(self, x):
        mask = x > 0.5
        rows, columns = mask.nonzero(as_tuple=True)
        first = torch.nonzero(mask[0], as_tuple=True)[0]
        return x[rows, columns], first, mask.nonzero(as_tuple=False), torch.nonzero(mask, as_tuple=False)


def examples():
    yield Pick(), (torch.rand(3, 4),)
