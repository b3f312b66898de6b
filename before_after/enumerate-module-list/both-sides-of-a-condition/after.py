# Met in prediction heads: every layer but the last has an activation behind it.
# torch.jit.script: Expected integer literal for index but got a variable or non-integer
import torch
import torch.nn as nn
import torch.nn.functional as F


class PredictionHead(nn.Module):
    def __init__(self, width_in, width, width_out, num_layers):
        super().__init__()
        self.num_layers = num_layers
        widths = [width] * (num_layers - 1)
        self.layers = nn.ModuleList(
            [nn.Linear(a, b) for a, b in zip([width_in] + widths, widths + [width_out])]
        )

    def forward(self, x):
        if self.num_layers > len(self.layers):
            raise IndexError("index out of range")
        for i, layer in enumerate(self.layers):
            if i < self.num_layers:
                x = F.relu(layer(x)) if i < self.num_layers - 1 else layer(x)
        return x


def examples():
    yield PredictionHead(4, 8, 2, 3), (torch.rand(5, 4),)
    yield PredictionHead(4, 8, 2, 1), (torch.rand(5, 4),)
