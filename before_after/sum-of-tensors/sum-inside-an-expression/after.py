# Met in split attention: the splits are summed, and the sum is pooled at once.
# torch.jit.script: Expected a value of type 'Tensor' for argument 'self' but instead found type 'List[Tensor]'
import torch
import torch.nn as nn
import torch.nn.functional as F


class SplitAttention(nn.Module):
    def __init__(self, dim, radix):
        super().__init__()
        self.radix = radix
        self.fc = nn.Linear(dim // radix, dim // radix)

    def forward(self, x):
        splits = torch.split(x, x.size(1) // self.radix, dim=1)
        total = 0 + splits[0]
        for term in splits[1:]:
            total = total + term
        gap = F.relu(self.fc(torch.flatten(total.mean([2, 3]), 1)))
        terms = [split * 2 for split in splits]
        sum_of_terms = 0 + terms[0]
        for one_term in terms[1:]:
            sum_of_terms = sum_of_terms + one_term
        pooled = F.adaptive_avg_pool2d(sum_of_terms, 1)
        return gap[:, :, None, None] + pooled


def examples():
    yield SplitAttention(4, 2), (torch.rand(2, 4, 3, 3),)
