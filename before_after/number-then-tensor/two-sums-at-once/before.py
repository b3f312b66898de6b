# Met in detection losses: two sums start in one line, one of them with a fraction.
# torch.jit.script: as a scalar argument
import torch
import torch.nn as nn


class Losses(nn.Module):
    def forward(self, preds, target):
        box, scale = 0, 0.1
        for pred in preds.unbind(0):
            box = box + (pred - target).abs()
            scale *= pred.mean(dim=0) - target.mean(dim=0)
        return box, -scale


def examples():
    yield Losses(), (torch.rand(3, 2, 4), torch.rand(2, 4))
