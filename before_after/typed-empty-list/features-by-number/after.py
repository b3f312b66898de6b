# Met in backbones: the features of each stage are kept by its number.
# torch.jit.script: but instead found type 'Dict[str, Tensor]'
from typing import Dict

import torch
import torch.nn as nn


class Backbone(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.first = nn.Linear(dim, dim)
        self.second = nn.Linear(dim, dim)

    def forward(self, x):
        features: Dict[int, torch.Tensor] = {}
        features[0] = torch.relu(self.first(x))
        features[1] = torch.relu(self.second(features[0]))
        return features[0] + features[1]


def examples():
    yield Backbone(3), (torch.rand(1, 3),)
