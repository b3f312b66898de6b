# Met in mask heads: a comprehension, before which an assert is right as the same flag guards it.
# torch.jit.script: Module 'MaskHead' has no attribute 'subnet'
import torch
import torch.nn as nn
import torch.nn.functional as F


class MaskHead(nn.Module):
    def __init__(self, dim, mask_on):
        super(MaskHead, self).__init__()
        self.mask_on = mask_on
        self.stem = nn.Conv2d(3, dim, 1)
        if mask_on:
            self.subnet = nn.Conv2d(dim, dim, 3, padding=1)

    def forward(self, x):
        features = [self.stem(x), self.stem(x + 1)]
        if self.mask_on:
            features = [self.subnet(f) for f in features]
        return features


def examples():
    yield MaskHead(4, True), (torch.rand(1, 3, 4, 4),)
    yield MaskHead(4, False), (torch.rand(1, 3, 4, 4),)
