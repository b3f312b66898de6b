# Met in segmentation heads: a helper method asks by !=, forward by is.
# torch.jit.script: aten::ne
import torch
import torch.nn as nn


class Head(nn.Module):
    def __init__(self, dim, dropout=None):
        super(Head, self).__init__()
        self.conv = nn.Conv2d(dim, dim, 1)
        self.dropout = dropout

    def cls_seg(self, feat):
        if (self.dropout != None) and feat.size(0) > 0:
            feat = self.dropout(feat)
        return self.conv(feat)

    def forward(self, x):
        return self.cls_seg(x)


def examples():
    yield Head(3), (torch.rand(1, 3, 4, 4),)
    yield Head(3, nn.Dropout(0.5)), (torch.rand(1, 3, 4, 4),)
