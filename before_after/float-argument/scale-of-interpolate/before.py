# Met in decoders: features are scaled up by a whole number, and by one for each side.
# torch.jit.script: Expected a value of type 'Optional[List[float]]' for argument 'scale_factor' but instead found type 'int'
import torch
import torch.nn as nn
import torch.nn.functional as F


class UpBlock(nn.Module):
    def __init__(self, dim, scale):
        super(UpBlock, self).__init__()
        self.scale = scale
        self.conv = nn.Conv2d(dim, dim, 1)

    def forward(self, x):
        x = F.interpolate(self.conv(x), scale_factor=2, mode="nearest")
        y = F.interpolate(x, scale_factor=self.scale)
        return F.interpolate(y, scale_factor=(1, 2), mode="bilinear", align_corners=True)


def examples():
    yield UpBlock(2, 3), (torch.rand(1, 2, 4, 4),)
