# Met in necks: now two features come, now three, in a tuple.
# torch.jit.script: 'Tensor (inferred)' for argument 'features'
# Observed: Fuse.forward features: Tuple[Tensor, Tensor]; Tuple[Tensor, Tensor, Tensor]
import torch
import torch.nn as nn


class Fuse(nn.Module):
    def __init__(self, weight):
        super().__init__()
        self.weight = weight

    def forward(self, features):
        total = features[0]
        for feature in features[1:]:
            total = total + self.weight * feature
        return total


class Neck(nn.Module):
    def __init__(self):
        super().__init__()
        self.fuse = Fuse(0.5)

    def forward(self, x):
        return self.fuse((x, 2 * x)) + self.fuse((x, x + 1, x * x))


def examples():
    yield Neck(), (torch.rand(2, 3),)
