# Met in encoders of any depth: the layers are in a list, and registered under names beside it.
# torch.jit.script: Cannot infer concrete type of torch.nn.Module
import torch
import torch.nn as nn
import torch.nn.functional as F


class MultiConv(nn.Module):
    def __init__(self, channels):
        super(MultiConv, self).__init__()
        self.filters = []

        for l in range(0, len(channels) - 1):
            # One for each scale.
            self.filters.append(nn.Conv2d(channels[l], channels[l + 1], kernel_size=2))
            self.add_module('conv%d' % l, self.filters[l])

    def forward(self, image):
        y = image
        pyramid = [y]
        for i, f in enumerate(self.filters):
            y = f(y)
            if i != len(self.filters) - 1:
                y = F.leaky_relu(y)
            pyramid.append(y)
        return pyramid


def examples():
    yield MultiConv([3, 4, 2]), (torch.rand(1, 3, 5, 5),)
