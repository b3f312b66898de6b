# Met in classes that build themselves in steps: `__init__` calls `_build_head`.
# torch.jit.script: Module 'Detector' has no attribute 'mask_head'
import torch
import torch.nn as nn
import torch.nn.functional as F


class Detector(nn.Module):
    def __init__(self, dim, with_mask=False):
        super(Detector, self).__init__()
        self.with_mask = with_mask
        self.backbone = nn.Conv2d(3, dim, 3, padding=1)
        self._build_head(dim)

    def _build_head(self, dim):
        self.box_head = nn.Conv2d(dim, 4, 1)
        if self.with_mask:
            self.mask_head = nn.Conv2d(dim, 1, 1)

    def forward(self, x):
        x = F.relu(self.backbone(x))
        boxes = self.box_head(x)
        if self.with_mask:
            boxes = boxes * torch.sigmoid(self.mask_head(x))
        return boxes


def examples():
    yield Detector(4, True), (torch.rand(1, 3, 8, 8),)
    yield Detector(4, False), (torch.rand(1, 3, 8, 8),)
