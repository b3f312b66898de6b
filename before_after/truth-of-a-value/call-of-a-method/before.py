# Met in models with helper methods: the truth of what a method gives, which may be None.
# torch.jit.script: Could not cast value of type Optional[Tensor] to bool
# Held back: it would have to be evaluated twice
from typing import Optional

import torch
import torch.nn as nn


class Masked(nn.Module):
    def mask(self, x) -> Optional[torch.Tensor]:
        return x if x.size(0) > 1 else None

    def forward(self, x):
        if self.mask(x):
            return x + 1
        return x


def examples():
    yield Masked(), (torch.rand(1),)
