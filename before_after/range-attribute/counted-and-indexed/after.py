# Met in relation networks: the scales fall to two, and one is looked up.
# torch.jit.script: failed to convert Python type: 'range' to a TorchScript type
import torch
import torch.nn as nn


class Scales(nn.Module):
    """Relations of several scales."""

    def __init__(self, segments):
        super().__init__()
        self.scales = list(range(segments, 1, -1))

    def forward(self, x):
        total = x * self.scales[0] + len(self.scales)
        for place, scale in enumerate(self.scales):
            total = total + scale * place
        return total


def examples():
    yield Scales(4), (torch.rand(2),)
