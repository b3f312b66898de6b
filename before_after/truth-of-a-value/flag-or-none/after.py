# Met in losses: a flag that nobody sets is None.
# torch.jit.script: Could not cast value of type NoneType to bool
import torch
import torch.nn as nn


class BalancedLoss(nn.Module):
    def __init__(self, pos_weight=None, average=True):
        super(BalancedLoss, self).__init__()
        self.pos_weight = pos_weight
        self.average = average

    def forward(self, output, label):
        loss = (output - label).abs()
        if self.average and not (self.pos_weight if self.pos_weight is not None else False):
            return loss.mean()
        return loss.sum()


def examples():
    yield BalancedLoss(), (torch.rand(2, 3), torch.rand(2, 3))
    yield BalancedLoss(0.5), (torch.rand(2, 3), torch.rand(2, 3))
