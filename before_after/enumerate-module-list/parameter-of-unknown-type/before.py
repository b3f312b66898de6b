# Met in heads over feature maps: nothing in the file shows what a caller hands in.
# torch.jit.script: Expected integer literal for index
# Held back: nothing shows whether features is a list or a Tensor
# Observed: nothing
import torch
import torch.nn as nn


class Head(nn.Module):
    def __init__(self, channels):
        super(Head, self).__init__()
        self.convs = nn.ModuleList([nn.Conv2d(c, 8, 1) for c in channels])

    def forward(self, features):
        outs = []
        for i in range(len(features)):
            outs.append(self.convs[i](features[i]))
        return outs


def examples():
    yield Head([4, 6]), ([torch.rand(1, 4, 8, 8), torch.rand(1, 6, 4, 4)],)
