# Met in aggregations of graph networks: the number of nodes, or what the tensor itself shows.
# torch.jit.script: Could not cast value of type Optional[int] to bool
from typing import Optional

import torch
import torch.nn as nn


class CountAggregation(nn.Module):
    def forward(self, index, dim_size: Optional[int] = None):
        return torch.bincount(
            index, minlength=(dim_size if dim_size is not None and dim_size else 0)
        )


def examples():
    yield CountAggregation(), (torch.tensor([0, 2, 2]),)
    yield CountAggregation(), (torch.tensor([0, 2, 2]), 5)
