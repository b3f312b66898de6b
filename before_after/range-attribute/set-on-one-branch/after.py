# Met in multi-scale models: which scales there are depends on the mode.
# torch.jit.script: failed to convert Python type: 'range'
import torch
import torch.nn as nn


class Scales(nn.Module):
    def __init__(self, few):
        super().__init__()
        if few:
            self.scales = list(range(1, 2))
        else:
            self.scales = [1, 3, 4]

    def forward(self, x):
        return torch.stack([x * s for s in self.scales]) * len(self.scales)


def examples():
    yield Scales(True), (torch.rand(2),)
    yield Scales(False), (torch.rand(2),)
