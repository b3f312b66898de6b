# Met in regularised losses: one test of several, behind `and`, is test enough.
# torch.jit.script: Unsupported value kind: Tensor
from typing import Optional

import torch
import torch.nn as nn
import torch.nn.functional as F


class Distillation(nn.Module):
    def __init__(self, weight=0.5):
        super(Distillation, self).__init__()
        self.weight = weight

    def soft(self, logits, teacher: Optional[torch.Tensor] = None):
        if self.weight > 0 and teacher is not None:
            return self.weight * F.mse_loss(logits, teacher)
        return torch.zeros(1)

    def forward(self, logits, target, teacher):
        return F.cross_entropy(logits, target) + self.soft(logits, teacher) + self.soft(logits)


def examples():
    yield Distillation(), (torch.rand(2, 3), torch.tensor([0, 2]), torch.rand(2, 3))
