# Met in networks with several inputs: the tensors to be joined are listed with a star.
# torch.jit.script: cannot statically infer the expected size of a list in this context
from typing import List

import torch
import torch.nn as nn


class Merge(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.fc = nn.Linear(dim, 2)

    def forward(self, x, others: List[torch.Tensor]):
        joined = torch.cat([x, *others], dim=1)
        longest = max(*[t.size(1) for t in others])
        return self.fc(joined), torch.stack([*others]).sum() + longest


def examples():
    yield Merge(6), (torch.rand(2, 2), [torch.rand(2, 2), torch.rand(2, 2)])
