# Met in matching networks: masks that come as numbers.
# torch.jit.script: has no attribute or method 'ndimension'
import torch
import torch.nn as nn


class MaskedMean(nn.Module):
    def forward(self, x, mask):
        assert x.dim() == 2 and mask.numel() == x.numel()
        mask = mask.to(torch.bool)
        return x.masked_fill(~mask, 0.0).sum(1) / mask.sum(1), x.to(torch.bfloat16)


def examples():
    yield MaskedMean(), (torch.rand(2, 3), torch.tensor([[1, 1, 0], [1, 0, 0]]))
