# Met in model families: the base class defines the layer on a condition, the subclass uses it.
# torch.jit.script: Module 'Tagger' has no attribute 'crf'
import torch
import torch.nn as nn
import torch.nn.functional as F


class Base(nn.Module):
    def __init__(self, dim, use_crf):
        super(Base, self).__init__()
        self.use_crf = use_crf
        self.emb = nn.Linear(dim, dim)
        self.crf = nn.Linear(dim, dim) if use_crf else None


class Tagger(Base):
    def forward(self, x):
        x = self.emb(x)
        if self.use_crf:
            assert self.crf is not None
            x = self.crf(x)
        return x


def examples():
    yield Tagger(4, True), (torch.rand(2, 4),)
    yield Tagger(4, False), (torch.rand(2, 4),)
