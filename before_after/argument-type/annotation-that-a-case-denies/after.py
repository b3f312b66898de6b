# Met where a layer is typed for a list of features, and is called with one tensor of them.
# torch.jit.script: forward() Expected a value of type 'List[Tensor]' for argument 'features'
from typing import List

import torch
import torch.nn as nn


class Mean(nn.Module):
    def forward(self, features: torch.Tensor) -> torch.Tensor:
        total = features[0]
        for feature in features[1:]:
            total = total + feature
        return total / len(features)


def examples():
    yield Mean(), (torch.rand(3, 2, 2),)
