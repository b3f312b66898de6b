# Met in gated convolutions over time: without gates the loop goes on, and never asks for them.
# torch.jit.script: Expected integer literal for index but got a variable or non-integer
import torch
from torch import nn


class TemporalConvs(nn.Module):
    def __init__(self, channels, num_layers, gated):
        super(TemporalConvs, self).__init__()
        self.num_layers = num_layers
        self.gated = gated
        self.filters = nn.ModuleList([nn.Conv1d(channels, channels, 3) for _ in range(num_layers)])
        self.gates = None
        if gated:
            self.gates = nn.ModuleList([nn.Conv1d(channels, channels, 3) for _ in range(num_layers)])

    def forward(self, x):
        for i, filter_layer in enumerate(self.filters):
            y = torch.tanh(filter_layer(x))
            if self.gates is not None:
                if i >= len(self.gates):
                    raise IndexError("index out of range")
                for j, gate in enumerate(self.gates):
                    if j == i:
                        y = y * torch.sigmoid(gate(x))
            x = y
        return x


def examples():
    yield TemporalConvs(4, 2, gated=True), (torch.rand(1, 4, 12),)
    yield TemporalConvs(4, 2, gated=False), (torch.rand(1, 4, 12),)
