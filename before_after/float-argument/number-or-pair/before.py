# Met in pyramids: one factor for both sides, or one for each, as the caller likes.
# torch.jit.script: Expected a value of type 'Optional[List[float]]' for argument 'scale_factor' but instead found type 'int'
# Held back: no float is made of that
import torch
import torch.nn as nn
import torch.nn.functional as F


class Resize(nn.Module):
    def __init__(self, scale):
        super().__init__()
        self.scale = scale

    def forward(self, x):
        return F.interpolate(x, scale_factor=self.scale)


def examples():
    yield Resize(2), (torch.rand(1, 2, 4, 4),)
    yield Resize((1, 2)), (torch.rand(1, 2, 4, 4),)
