# Met in networks with several heads: options without an else, behind which nothing is returned.
# torch.jit.script: Previous return statement returned a value of type Tuple[Tensor, Tensor]
import torch
import torch.nn as nn


class Heads(nn.Module):
    def __init__(self, mode):
        super().__init__()
        self.mode = mode
        self.fc = nn.Linear(3, 4)

    def forward(self, x):
        out = self.fc(x)
        if self.mode == "both":
            return out, x
        elif self.mode == "one":
            return out


def examples():
    yield Heads("both"), (torch.rand(2, 3),)
    yield Heads("one"), (torch.rand(2, 3),)
    yield Heads("none"), (torch.rand(2, 3),)
