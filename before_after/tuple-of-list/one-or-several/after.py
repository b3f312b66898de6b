# Met in encoders: a tuple where there are several outputs, and the output where there is one.
# torch.jit.script: cannot statically infer the expected size of a list in this context
import torch
import torch.nn as nn


class Several(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.heads = nn.ModuleList([nn.Linear(dim, 2) for _ in range(2)])

    def forward(self, x):
        outs = [head(x) for head in self.heads]
        assert len(outs) > 1
        assert len(outs) == 2
        return outs[0], outs[1]


class One(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.heads = nn.ModuleList([nn.Linear(dim, 2)])

    def forward(self, x):
        outs = [head(x) for head in self.heads]
        assert not (len(outs) > 1)
        return outs[0]


def examples():
    yield Several(3), (torch.rand(2, 3),)
    yield One(3), (torch.rand(2, 3),)
