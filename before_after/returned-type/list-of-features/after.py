# Met in pyramids: a tuple is announced and a list is what comes.
# torch.jit.script: Return value was annotated as having type Tuple[Tensor, Tensor]
from typing import List, Tuple

import torch
import torch.nn as nn


class Pyramid(nn.Module):
    def __init__(self):
        super().__init__()
        self.pool = nn.AvgPool2d(2)

    def forward(self, x) -> List[torch.Tensor]:
        features = [x]
        features.append(self.pool(x))
        return features


def examples():
    yield Pyramid(), (torch.rand(1, 2, 4, 4),)
