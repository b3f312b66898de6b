# Met in selective kernels: the first of several layers starts what the others are joined to.
# torch.jit.script: undefined value features
from typing import Optional

import torch
import torch.nn as nn


class SelectiveKernel(nn.Module):
    def __init__(self, channels, branches):
        super().__init__()
        self.convs = nn.ModuleList(nn.Conv2d(channels, channels, 1) for _ in range(branches))

    def forward(self, x):
        features: Optional[torch.Tensor] = None
        for i, conv in enumerate(self.convs):
            feature = conv(x).unsqueeze(dim=1)
            if i == 0:
                features = feature
            else:
                assert features is not None
                features = torch.cat([features, feature], dim=1)
        assert features is not None
        return features.sum(dim=1)


def examples():
    yield SelectiveKernel(4, 3), (torch.rand(1, 4, 8, 8),)
