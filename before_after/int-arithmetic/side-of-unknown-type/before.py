# Met in patch networks: the side is worked out in a way of which the type does not show.
# torch.jit.script: but instead found type 'float'
# Held back: is not known to be a whole number
import torch
import torch.nn as nn


class Tiles(nn.Module):
    def forward(self, x):
        side = divmod(x.size(1), 2)[0]
        return x.view(-1, side**2)


def examples():
    yield Tiles(), (torch.rand(2, 4),)
