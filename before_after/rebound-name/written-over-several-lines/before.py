# Met in attention: the name of an argument is used for parts of it, in a loop and behind it.
# torch.jit.script: Variable 'parts' previously had type Tensor
import torch
import torch.nn as nn


class Split(nn.Module):
    def __init__(self, heads):
        super().__init__()
        self.heads = heads

    def forward(self, x, parts):
        x = x + parts
        for _ in range(2):
            (
                parts,  # one for each head
                rest,
            ) = (
                x.chunk(self.heads, 1),
                x.size(0),
            )
            parts = [part * 2
                     for part in parts]
            parts += [x]
            x = torch.cat(
                parts,
                1) + rest
        return x


def examples():
    yield Split(2), (torch.rand(3, 4), torch.rand(3, 4))
