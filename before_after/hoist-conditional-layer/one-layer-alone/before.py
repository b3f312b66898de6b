# Met in decoders of saliency and segmentation networks: a fusing layer that only some stages have.
# torch.jit.script: Module 'FuseStage' has no attribute 'conv_sum_c'
import torch
import torch.nn as nn
import torch.nn.functional as F


class FuseStage(nn.Module):
    def __init__(self, k, k_out, need_fuse):
        super(FuseStage, self).__init__()
        self.need_fuse = need_fuse
        self.relu = nn.ReLU()
        self.conv_sum = nn.Conv2d(k, k_out, 3, 1, 1, bias=False)
        if self.need_fuse:
            self.conv_sum_c = nn.Conv2d(k_out, k_out, 3, 1, 1, bias=False)
        self.score = nn.Conv2d(k_out, 1, 1)

    def forward(self, x, skip):
        x = self.conv_sum(self.relu(x))
        if self.need_fuse:
            x = self.conv_sum_c(torch.add(x, skip))
        return self.score(x)


def examples():
    yield FuseStage(3, 4, True), (torch.rand(1, 3, 8, 8), torch.rand(1, 4, 8, 8))
    yield FuseStage(3, 4, False), (torch.rand(1, 3, 8, 8), torch.rand(1, 4, 8, 8))
