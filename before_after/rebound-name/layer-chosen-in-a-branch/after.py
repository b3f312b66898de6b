# Met in segmentation: a name for the number of classes becomes that of a layer.
# torch.jit.script: Cannot re-assign 'head' to a value of type module
import torch
import torch.nn as nn


class Heads(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.small = nn.Linear(size, 1)
        self.large = nn.Linear(size, 3)

    def forward(self, x):
        head = x.size(1)
        if head > 2:
            x = x + head
            head_module = self.small
            return head_module(x)
        return self.large(x)


def examples():
    yield Heads(4), (torch.rand(2, 4),)
