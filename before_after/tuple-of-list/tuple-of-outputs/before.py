# Met in segmentation heads: as many outputs as there are auxiliary heads, returned as a tuple.
# torch.jit.script: cannot statically infer the expected size of a list in this context
import torch
import torch.nn as nn


class Heads(nn.Module):
    def __init__(self, dim, count):
        super().__init__()
        self.heads = nn.ModuleList([nn.Linear(dim, 2) for _ in range(count)])

    def forward(self, x):
        outputs = []
        for head in self.heads:
            outputs.append(head(x))
        return tuple(outputs)


def examples():
    yield Heads(3, 2), (torch.rand(2, 3),)
