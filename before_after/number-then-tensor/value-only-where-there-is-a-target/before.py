# Met in metrics: an accuracy where there is something to measure, zero elsewhere.
# torch.jit.script: Type mismatch: accuracy is set to type Tensor
# Held back: accuracy comes out as a number on one way
import torch
import torch.nn as nn


class Accuracy(nn.Module):
    def forward(self, pred, target, valid):
        if int(valid.sum()) > 0:
            right = (pred.argmax(dim=1) == target).float() * valid
            accuracy = right.sum() / valid.sum()
        else:
            accuracy = 1.0
        return accuracy * 100


def examples():
    yield Accuracy(), (torch.rand(4, 3), torch.tensor([0, 1, 2, 0]), torch.ones(4))
