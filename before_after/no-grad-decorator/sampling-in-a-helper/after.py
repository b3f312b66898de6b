# Met in quantisers: the codes are looked up without gradients, the straight-through way beside.
# torch.jit.script: attribute lookup is not defined on python value of type 'TypeVar'
import torch
import torch.nn.functional as F
from torch import nn, no_grad


class Quantizer(nn.Module):
    def __init__(self, dim, codes):
        super().__init__()
        self.codes = nn.Parameter(torch.rand(codes, dim))

    @staticmethod
    def one_hot(index, count: int):
        with no_grad():
            return F.one_hot(index, count).float()

    def nearest(self, x):
        with torch.no_grad():
            if x.dim() != 2:
                return self.one_hot(x.argmax(-1), self.codes.size(0))
            return self.one_hot(torch.cdist(x, self.codes).argmin(1), self.codes.size(0))

    def forward(self, x):
        return x + (self.nearest(x) @ self.codes - x).detach()


def examples():
    yield Quantizer(3, 4), (torch.rand(2, 3),)
