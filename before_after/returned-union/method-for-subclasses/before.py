# Met in detection libraries: a base class whose forward is there for subclasses to replace.
# torch.jit.script: does not return along all paths
from typing import List

import torch
import torch.nn as nn
from torch import Tensor


class ExtraBlock(nn.Module):
    """Base class of the blocks on top of a pyramid."""

    def forward(self, features: List[Tensor]) -> List[Tensor]:
        """Takes the features, gives back more of them."""
        pass


class Pooled(ExtraBlock):
    def forward(self, features: List[Tensor]) -> List[Tensor]:
        return features + [torch.relu(features[-1])]


def examples():
    yield ExtraBlock(), ([torch.rand(2, 3)],)
    yield Pooled(), ([torch.rand(2, 3)],)
