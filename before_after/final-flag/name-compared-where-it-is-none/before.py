# Met in Transformers: an activation that has a name, or none.
# torch.jit.script: Arguments for call are not valid
import torch
import torch.nn as nn


class FeedForward(nn.Module):
    def __init__(self, dim, activation=None):
        super().__init__()
        self.linear = nn.Linear(dim, dim)
        self.activation = activation

    def forward(self, x):
        x = self.linear(x)
        if self.activation == "gelu":
            x = x * torch.sigmoid(1.702 * x)
        else:
            x = torch.relu(x)
        return x


def examples():
    yield FeedForward(3), (torch.rand(1, 3),)
    yield FeedForward(3, "gelu"), (torch.rand(1, 3),)
