# Met in losses and layers with options: read out of the dictionary, with defaults.
# torch.jit.script: Compiled functions can't take variable number of arguments
import torch
import torch.nn as nn


def weighted(x, y, **options):
    power = options.get("power", 2)
    loss = (x - y).abs() ** power
    if "weight" in options:
        loss = loss * options["weight"]
    if "bias" in options:
        loss = loss + options["bias"]
    return options.pop("scale", 1.0) * loss.mean()


class Loss(nn.Module):
    def forward(self, x, y):
        return weighted(x, y, weight=y, power=3) + weighted(x, y, weight=x)


def examples():
    yield Loss(), (torch.rand(2, 3), torch.rand(2, 3))
