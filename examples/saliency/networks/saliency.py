import torch
import torch.nn as nn
import torch.nn.functional as F

from networks.backbone import Backbone, Reduce

CHANNELS = {"small": [8, 16, 32], "large": [16, 32, 64, 96]}


class Merge(nn.Module):
    """One step from coarse to fine: joins the next finer feature and the context of the whole."""

    def __init__(self, width, use_skip=True, use_context=False):
        super(Merge, self).__init__()
        self.use_skip = use_skip
        self.use_context = use_context
        self.conv = nn.Conv2d(width, width, 3, padding=1)
        if self.use_context:
            self.context_conv = nn.Conv2d(width, width, 1)

    def forward(self, x, skip=None, context=None):
        x = self.conv(x)
        if self.use_skip:
            x = F.interpolate(x, skip.size()[2:], mode="bilinear", align_corners=False)
            x = x + skip
        if self.use_context:
            context = F.interpolate(context, x.size()[2:], mode="nearest")
            x = x + self.context_conv(context)
        return F.relu(x)


class SaliencyNet(nn.Module):
    """How much each pixel of a picture catches the eye, between 0 and 1."""

    def __init__(self, channels, width=16, use_context=False):
        super(SaliencyNet, self).__init__()
        self.backbone = Backbone(channels)
        self.reduce = Reduce(channels, width)
        self.pool = nn.AdaptiveAvgPool2d(2)
        merges = []
        for _ in range(len(channels) - 1):
            merges.append(Merge(width, use_context=use_context))
        self.merges = nn.ModuleList(merges)
        self.last = Merge(width, use_skip=False)
        self.score = nn.Conv2d(width, 1, 1)

    def forward(self, x):
        features = self.reduce(self.backbone(x))
        context = self.pool(features[-1])
        y = features[-1]
        skips = features[:-1][::-1]
        for i in range(len(skips)):
            y = self.merges[i](y, skips[i], context)
        y = self.score(self.last(y))
        y = F.interpolate(y, x.size()[2:], mode="bilinear", align_corners=False)
        return torch.sigmoid(y)


def build_model(size="small", use_context=False):
    return SaliencyNet(CHANNELS[size], use_context=use_context)
