# Met in feature pyramids and salient object detection: inputs that only some of the layers get.
# torch.jit.script: Unsupported value kind: Tensor
import torch
import torch.nn as nn
import torch.nn.functional as F


class FuseLayer(nn.Module):
    def __init__(self, channels, need_x2, need_fuse):
        super(FuseLayer, self).__init__()
        self.need_x2 = need_x2
        self.need_fuse = need_fuse
        self.conv = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)

    def forward(self, x, x2=None, x3=None):
        y = self.conv(x)
        if self.need_x2:
            y = F.interpolate(y, x2.size()[2:], mode='bilinear', align_corners=True)
        if self.need_fuse:
            y = torch.add(torch.add(y, x2), x3)  # all of one size by now
        return y


class Decoder(nn.Module):
    def __init__(self, channels=4):
        super(Decoder, self).__init__()
        self.first = FuseLayer(channels, True, True)
        self.last = FuseLayer(channels, False, False)

    def forward(self, x, skip, info):
        return self.last(self.first(x, skip, info))


def examples():
    yield Decoder(), (torch.rand(1, 4, 4, 4), torch.rand(1, 4, 8, 8), torch.rand(1, 4, 8, 8))
