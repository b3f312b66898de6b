# Met in networks with several heads: options without an else, behind which nothing is returned.
# torch.jit.script: Previous return statement returned a value of type Tuple[Tensor, Tensor]
from typing import Optional, Tuple, Union

import torch
import torch.nn as nn


class Heads(nn.Module):
    def __init__(self, mode):
        super().__init__()
        self.mode = mode
        self.fc = nn.Linear(3, 4)

    def forward(self, x) -> Optional[Union[Tuple[torch.Tensor, torch.Tensor], torch.Tensor]]:
        out = self.fc(x)
        if self.mode == "both":
            return out, x
        elif self.mode == "one":
            return out
        else:
            return None


def examples():
    yield Heads("both"), (torch.rand(2, 3),)
    yield Heads("one"), (torch.rand(2, 3),)
    yield Heads("none"), (torch.rand(2, 3),)
