# Met in models with an optional head: the method that runs it is called under the condition.
# torch.jit.script: Module 'Segmenter' has no attribute 'aux'
import torch
import torch.nn as nn
import torch.nn.functional as F


class Segmenter(nn.Module):
    def __init__(self, dim, deep_supervision):
        super(Segmenter, self).__init__()
        self.deep_supervision = deep_supervision
        self.backbone = nn.Conv2d(3, dim, 3, padding=1)
        self.head = nn.Conv2d(dim, 2, 1)
        self.aux = nn.Conv2d(dim, 2, 1) if deep_supervision else None

    def run_aux(self, features):
        return F.interpolate(self.aux(features), scale_factor=2.0)

    def forward(self, x):
        features = self.backbone(x)
        out = F.interpolate(self.head(features), scale_factor=2.0)
        if self.deep_supervision:
            assert self.aux is not None
            out = out + self.run_aux(features)
        return out


def examples():
    yield Segmenter(4, True), (torch.rand(1, 3, 4, 4),)
    yield Segmenter(4, False), (torch.rand(1, 3, 4, 4),)
