# Met in code with annotations from before 0.4: Variable is the type of an argument.
# torch.jit.script: object has no attribute or method 'float'
import torch
import torch.nn as nn
from torch.autograd import Variable


class Compare(nn.Module):
    def forward(self, pairs: torch.Tensor) -> torch.Tensor:
        pairs = pairs.float()
        assert isinstance(pairs, torch.Tensor)
        return pairs[:, 0] - pairs[:, 1]


def examples():
    yield Compare(), (torch.arange(6).view(3, 2),)
