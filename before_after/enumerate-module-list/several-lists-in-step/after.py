# Met in pyramid pooling (PoolNet): two lists that grew together, counted by a third.
# torch.jit.script: Expected integer literal for index
import torch
from torch import nn
import torch.nn.functional as F


class DeepPoolLayer(nn.Module):
    def __init__(self, k):
        super(DeepPoolLayer, self).__init__()
        self.pools_sizes = [2, 4, 8]
        pools, convs = [], []
        for i in self.pools_sizes:
            pools.append(nn.AvgPool2d(kernel_size=i, stride=i))
            convs.append(nn.Conv2d(k, k, 3, 1, 1, bias=False))
        self.pools = nn.ModuleList(pools)
        self.convs = nn.ModuleList(convs)
        self.relu = nn.ReLU()

    def forward(self, x):
        x_size = x.size()
        resl = x
        for conv, pool in zip(self.convs, self.pools):
            y = conv(pool(x))
            resl = torch.add(resl, F.interpolate(y, x_size[2:], mode='bilinear', align_corners=True))
        return self.relu(resl)


def examples():
    yield DeepPoolLayer(3), (torch.rand(1, 3, 16, 16),)
