# Met in variational dropout: one mask for all steps, made like the input.
# torch.jit.script: has no attribute or method 'new'
import torch
import torch.nn as nn


class LockedDropout(nn.Module):
    def __init__(self, p=0.5):
        super().__init__()
        self.p = p

    def forward(self, x):
        mask = x.data.new_empty([1, x.size(1), x.size(2)]).bernoulli_(1 - self.p)
        ones = (
            x.new_empty(x.size()).fill_(1) + x.new_empty(x.shape).zero_() + x.new_empty([1]).zero_()
        )
        values = torch.tensor([0.5, 2.0], dtype=x.dtype, device=x.device)
        return mask.div_(1 - self.p).expand_as(x) * x + ones, values


def examples():
    yield LockedDropout(), (torch.rand(3, 2, 4),)
