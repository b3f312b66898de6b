# Met in style transfer: a layer keeps its loss and hands the image on.
# torch.jit.script: Tried to set nonexistent attribute: x_diff
import torch
import torch.nn as nn


class TotalVariation(nn.Module):
    def __init__(self, strength):
        super(TotalVariation, self).__init__()
        self.strength = strength

    def forward(self, input):
        self.x_diff = input[:, :, 1:, :] - input[:, :, :-1, :]
        self.y_diff = input[:, :, :, 1:] - input[:, :, :, :-1]
        self.loss = self.strength * (self.x_diff.abs().sum() + self.y_diff.abs().sum())
        return input


def examples():
    yield TotalVariation(0.5), (torch.rand(1, 3, 4, 4),)
