# Met in pyramids: one factor for each side, kept in a tuple or in two attributes.
# torch.jit.script: Expected a value of type 'Optional[List[float]]' for argument 'scale_factor' but instead found type 'Tuple
import torch
import torch.nn as nn
import torch.nn.functional as F


class Resize(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = (2, 3)
        self.up = 2

    def forward(self, x):
        x = F.interpolate(x, scale_factor=self.scale)
        return F.interpolate(x, scale_factor=(self.up, 1.5))


def examples():
    yield Resize(), (torch.rand(1, 2, 4, 4),)
