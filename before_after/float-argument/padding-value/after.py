# Met in downsampling layers: the border is padded with the int 0.
# torch.jit.script: Expected a value of type 'Optional[float]' for argument 'value' but instead found type 'int'
import torch
import torch.nn as nn
import torch.nn.functional as F


class Downsample(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.conv = nn.Conv2d(dim, dim, 3, stride=2)

    def forward(self, x):
        x = F.pad(x, (0, 1, 0, 1), mode="constant", value=0.0)
        x = self.conv(x)
        return F.pad(x, (1, 0), "constant", -1.0)


def examples():
    yield Downsample(2), (torch.rand(1, 2, 4, 4),)
