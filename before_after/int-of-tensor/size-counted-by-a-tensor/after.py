# Met in metric learning: as many rows as there are labels in the batch.
# torch.jit.script: instead found type 'List[Union
import torch
import torch.nn as nn


class Centers(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.dim = dim

    def forward(self, x, labels):
        classes = labels.max() + 1
        return torch.zeros([int(classes), self.dim]).index_add(0, labels, x)


def examples():
    yield Centers(3), (torch.rand(4, 3), torch.tensor([0, 1, 1, 2]))
