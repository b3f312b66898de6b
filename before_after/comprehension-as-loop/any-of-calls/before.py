# Met in checks: any() goes no further than it has to.
# torch.jit.script: Comprehension ifs are not supported yet
# Held back: who takes how much out of the generator does not show
from typing import List

import torch
import torch.nn as nn


class Check(nn.Module):
    def forward(self, maps: List[torch.Tensor]):
        several = any(m.size(0) > 1 for m in maps if m.dim() == 2)
        if several:
            return torch.cat(maps)
        return maps[0]


def examples():
    yield Check(), ([torch.rand(2, 3), torch.rand(1, 3)],)
