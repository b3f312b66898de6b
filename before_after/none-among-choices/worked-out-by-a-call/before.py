# Met in parsers of options: what is looked for is made in place.
# torch.jit.script: aten::__contains__
# Held back: name.lower() would be worked out twice
import torch
import torch.nn as nn


class Named(nn.Module):
    def forward(self, x, name: str = "a"):
        if name.lower() in (None, "a", "b"):
            x = x + 1.0
        return x


def examples():
    yield Named(), (torch.rand(2, 3),)
