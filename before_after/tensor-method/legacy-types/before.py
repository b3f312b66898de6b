# Met in losses from before dtypes: the counted pixels become a FloatTensor.
# torch.jit.script: LegacyTypedConstructor cannot be used as a value
import torch
import torch.nn as nn


class WeightedLoss(nn.Module):
    def forward(self, logits, target):
        labels = torch.unique(target).type(torch.LongTensor)
        count = (target > 0).type(torch.FloatTensor).sum()
        return (logits * target.type(logits.dtype)).sum() / count, labels, target.unique()


def examples():
    yield WeightedLoss(), (torch.rand(2, 3), torch.tensor([[1, 0, 0], [0, 0, 2]]))
