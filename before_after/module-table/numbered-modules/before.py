# Met in point cloud networks: the modules are counted on the way.
# torch.jit.script: has no attribute '_modules'
import torch
import torch.nn as nn


class Counted(nn.Sequential):
    def forward(self, input):
        for i, module in enumerate(self._modules.values()):
            input = module(input) * (i + 1)
        return input


def examples():
    yield Counted(nn.Linear(3, 3), nn.ReLU()), (torch.rand(2, 3),)
