# Met in detectors: a layer of pools silences the warning of one version of torch, and returns.
# torch.jit.script: def __exit__(self, *exc_info)
import warnings

import torch
import torch.nn as nn


class Pyramid(nn.Module):
    def __init__(self, dim, sizes=(3, 5)):
        super().__init__()
        self.conv = nn.Conv2d(dim * (len(sizes) + 1), dim, 1)
        self.pools = nn.ModuleList([nn.MaxPool2d(k, stride=1, padding=k // 2) for k in sizes])

    def forward(self, x):
        if torch.jit.is_scripting():
            return self.conv(torch.cat([x] + [pool(x) for pool in self.pools], 1))
        else:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # a warning of torch 1.9
                return self.conv(torch.cat([x] + [pool(x) for pool in self.pools], 1))


def examples():
    yield Pyramid(2), (torch.rand(1, 2, 6, 6),)
