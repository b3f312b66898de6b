# Met in toolboxes for detection: a property that says whether a part of the model is there.
# torch.jit.script: has no attribute 'roi_pool'
import torch
import torch.nn as nn


class Predictor(nn.Module):
    def __init__(self, dim, pool=False):
        super(Predictor, self).__init__()
        self.linear = nn.Linear(dim, dim)
        if pool:
            self.roi_pool = nn.AdaptiveAvgPool1d(1)

    @property
    def with_pool(self):
        return hasattr(self, 'roi_pool') and self.roi_pool is not None

    def forward(self, x):
        x = self.linear(x)
        if self.with_pool:
            x = x * 2
        return x


def examples():
    yield Predictor(3), (torch.rand(2, 3),)
    yield Predictor(3, True), (torch.rand(2, 3),)
