# Met in losses: a target that is computed from the input, and that no gradient goes back through.
# torch.jit.script: Class Variable does not have an __init__ function defined
import torch
import torch.nn as nn
from torch import autograd


class FocalLoss(nn.Module):
    def __init__(self, gamma):
        super().__init__()
        self.gamma = gamma

    def forward(self, logits, target):
        logp = torch.log_softmax(logits, 1).gather(1, target.unsqueeze(1)).squeeze(1)
        p = logp.data.exp().detach()
        weight = (p + 1).detach()
        grid = torch.arange(logp.size(0)).float()
        return -((1 - p) ** self.gamma * logp * weight).mean() + grid.sum()


def examples():
    yield FocalLoss(2.0), (torch.rand(3, 4), torch.tensor([0, 3, 1]))
