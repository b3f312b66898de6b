# Met in pyramids: one of the levels that a loop builds gets a layer by name.
# torch.jit.script: Module 'Pyramid' has no attribute 'extra'
import torch
import torch.nn as nn
import torch.nn.functional as F


class Pyramid(nn.Module):
    def __init__(self, dims, add_extra):
        super(Pyramid, self).__init__()
        self.add_extra = add_extra
        convs = []
        self.extra = None
        for i, dim in enumerate(dims):
            convs.append(nn.Conv2d(3, dim, 1))
            if add_extra and i == len(dims) - 1:
                self.extra = nn.Conv2d(dim, dim, 3, stride=2, padding=1)
        self.convs = nn.ModuleList(convs)

    def forward(self, x):
        outs = []
        for conv in self.convs:
            outs.append(conv(x))
        if self.add_extra:
            assert self.extra is not None
            outs.append(self.extra(outs[-1]))
        return outs


def examples():
    yield Pyramid([4, 6], True), (torch.rand(1, 3, 8, 8),)
    yield Pyramid([4, 6], False), (torch.rand(1, 3, 8, 8),)
