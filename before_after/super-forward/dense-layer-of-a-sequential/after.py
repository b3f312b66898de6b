# Met in DenseNets: the layer is an nn.Sequential whose forward adds a dropout behind it.
# torch.jit.script: Python type cannot be used as a value
import torch
import torch.nn as nn
import torch.nn.functional as F


class DenseLayer(nn.Sequential):
    def __init__(self, in_channels, growth_rate, drop_rate):
        super(DenseLayer, self).__init__()
        self.add_module("norm", nn.BatchNorm2d(in_channels))
        self.add_module("relu", nn.ReLU(inplace=True))
        self.add_module("conv", nn.Conv2d(in_channels, growth_rate, 3, padding=1, bias=False))
        self.drop_rate = drop_rate

    def _sequential_forward(self, input):
        for module in self:
            input = module(input)
        return input

    # what comes in goes out again, the new features behind it
    def forward(self, x):
        new_features = self._sequential_forward(x * 1)
        if self.drop_rate > 0:
            new_features = F.dropout(new_features, p=self.drop_rate, training=self.training)
        return torch.cat([x, new_features], 1)


def examples():
    yield DenseLayer(8, 4, 0.0), (torch.rand(1, 8, 6, 6),)
    yield DenseLayer(8, 4, 0.2), (torch.rand(1, 8, 6, 6),)
