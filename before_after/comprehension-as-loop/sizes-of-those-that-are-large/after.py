# Met in pyramids: the sizes of the maps that are large enough, as numbers.
# torch.jit.script: Comprehension ifs are not supported yet
from typing import List

import torch
import torch.nn as nn


class Sizes(nn.Module):
    def forward(self, maps: List[torch.Tensor]):
        sizes: List[int] = []
        for m in maps:
            if m.size(-1) > 2:
                sizes.append(m.size(-1))
        return torch.tensor(sizes)


def examples():
    yield Sizes(), ([torch.rand(1, 2), torch.rand(1, 3), torch.rand(1, 4)],)
