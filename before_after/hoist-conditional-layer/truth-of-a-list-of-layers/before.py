# Met in feature pyramids: an empty ModuleList is false too, so the test is not the one for None.
# torch.jit.script: Could not cast value of type
# Held back: the truth of self.extras is tested
import torch
import torch.nn as nn
import torch.nn.functional as F


class Extras(nn.Module):
    def __init__(self, dim, extras=None):
        super(Extras, self).__init__()
        self.stem = nn.Conv2d(3, dim, 1)
        if extras is not None:
            self.extras = nn.ModuleList([nn.Conv2d(dim, dim, 1) for _ in range(extras)])

    def forward(self, x):
        x = self.stem(x)
        if self.extras:
            for extra in self.extras:
                x = extra(x)
        return x


def examples():
    yield Extras(4, 1), (torch.rand(1, 3, 4, 4),)
