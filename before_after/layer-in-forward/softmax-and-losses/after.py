# Met in models and losses of all kinds: the softmax, the activation and the loss are made on the spot.
# torch.jit.script: Cannot instantiate class
import torch
import torch.nn as nn
import torch.nn.functional as F


class AttentionLoss(nn.Module):
    def __init__(self, weight):
        super().__init__()
        self.register_buffer("weight", weight)

    def forward(self, x, y):
        scores = F.softmax(F.leaky_relu(x, negative_slope=0.2, inplace=False) * 2, dim=1)
        x = F.relu(x) + torch.sigmoid(scores)
        loss = F.cross_entropy(x, y, weight=self.weight, reduction="none").mean()
        return loss + F.mse_loss(x, scores)


def examples():
    yield AttentionLoss(torch.rand(4)), (torch.randn(3, 4), torch.tensor([0, 3, 1]))
