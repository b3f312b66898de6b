# Met in style transfer: what a layer does depends on a word.
# torch.jit.script: cannot call a value of type 'NoneType'
import torch
import torch.nn as nn


class ContentLoss(nn.Module):
    def __init__(self, strength, mode='none', crit=None):
        super(ContentLoss, self).__init__()
        self.strength = strength
        self.mode = mode
        self.crit = crit

    def forward(self, input, target):
        if self.mode == 'loss' and input.dim() > 1:
            return self.crit(input, target) * self.strength
        return input * self.strength


def examples():
    yield ContentLoss(2.0), (torch.rand(2, 3), torch.rand(2, 3))
    yield ContentLoss(2.0, 'loss', nn.MSELoss()), (torch.rand(2, 3), torch.rand(2, 3))
