# Met in backbones of detectors: the stages that are asked for, each by its name.
# torch.jit.script: cannot statically infer the expected size of a list in this context
import torch
import torch.nn as nn


class Backbone(nn.Module):
    def __init__(self, dim, out_indices=(1, 2)):
        super().__init__()
        self.stages = nn.ModuleList([nn.Linear(dim, dim) for _ in range(3)])
        self.out_indices = out_indices

    def forward(self, x):
        outs = []
        for i, stage in enumerate(self.stages):
            x = stage(x)
            if i in self.out_indices:
                outs.append(x)
        return tuple(outs)


class Detector(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.backbone = Backbone(dim)

    def forward(self, x):
        low, high = self.backbone(x)
        return low + high.mean()


def examples():
    yield Backbone(3), (torch.rand(2, 3),)
    yield Detector(3), (torch.rand(2, 3),)
