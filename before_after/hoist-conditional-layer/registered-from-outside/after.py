# Met in code that adds layers to a finished model: `add_module` refuses a name that is taken.
# torch.jit.script: Module 'Backbone' has no attribute 'extra'
import torch
import torch.nn as nn
import torch.nn.functional as F


class Backbone(nn.Module):
    def __init__(self, dim, extra):
        super(Backbone, self).__init__()
        self.extra_on = extra
        self.stem = nn.Conv2d(3, dim, 1)
        if extra:
            self.extra = nn.Conv2d(dim, dim, 1)

    def forward(self, x):
        x = self.stem(x)
        if self.extra_on:
            assert hasattr(self, "extra")
            x = self.extra(x)
        return x


def with_extra(model, dim):
    model.extra_on = True
    model.add_module('extra', nn.Conv2d(dim, dim, 1))
    return model


def examples():
    yield Backbone(4, True), (torch.rand(1, 3, 4, 4),)
    yield Backbone(4, False), (torch.rand(1, 3, 4, 4),)
    yield with_extra(Backbone(4, False), 4), (torch.rand(1, 3, 4, 4),)
