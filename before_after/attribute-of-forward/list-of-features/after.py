# Met in feature extractors: the features of all stages are kept as a list.
# torch.jit.script: Tried to set nonexistent attribute: features
from typing import List

import torch
import torch.nn as nn


class Extractor(nn.Module):
    features: List[torch.Tensor]

    def __init__(self, dim):
        super(Extractor, self).__init__()
        self.features = []
        self.stages = nn.ModuleList([nn.Linear(dim, dim) for _ in range(2)])

    def forward(self, x):
        features = []
        for stage in self.stages:
            x = stage(x)
            features.append(x)
        self.features = features
        return x


def examples():
    yield Extractor(3), (torch.rand(2, 3),)
