# Met in model builders: the compiler looks at the right side of `and` even where `hasattr` is False.
# torch.jit.script: Module 'Detector' has no attribute 'neck'
import torch
import torch.nn as nn
import torch.nn.functional as F


class Detector(nn.Module):
    def __init__(self, dim, neck):
        super(Detector, self).__init__()
        self.backbone = nn.Conv2d(3, dim, 1)
        if neck:
            self.neck = nn.Conv2d(dim, dim, 1) if neck == 'conv' else None

    def forward(self, x):
        x = self.backbone(x)
        if hasattr(self, 'neck'):
            if self.neck is not None:
                x = self.neck(x)
        return x


def examples():
    for neck in ('conv', 'none', ''):
        yield Detector(4, neck), (torch.rand(1, 3, 4, 4),)
