# Met in geometry: a function of the file has a function inside, with a default.
# torch.jit.script: function definitions aren't supported
import torch
import torch.nn as nn


def corners(boxes):
    def center(t, shift=0.5):
        total = t[:, 0] + t[:, 1]
        return total * shift

    return torch.stack([center(boxes[:, :2]), center(boxes[:, 2:], 0.25)], dim=1)


class Corners(nn.Module):
    def forward(self, boxes):
        return corners(boxes)


def examples():
    yield Corners(), (torch.rand(3, 4),)
