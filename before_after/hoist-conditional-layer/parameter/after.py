# Met in vision transformers: the layer scale is a Parameter that only some configurations have.
# torch.jit.script: Module 'Block' has no attribute 'gamma'
import torch
import torch.nn as nn
import torch.nn.functional as F


class Block(nn.Module):
    def __init__(self, dim, init_values=None):
        super().__init__()
        self.fc = nn.Linear(dim, dim)
        self.use_scale = init_values is not None
        self.gamma = nn.Parameter(init_values * torch.ones(dim)) if self.use_scale else None
        self.norm = nn.LayerNorm(dim)

    def forward(self, x):
        y = self.fc(self.norm(x))
        if self.use_scale:
            assert self.gamma is not None
            y = self.gamma * y
        return x + y


def examples():
    yield Block(4, 0.1), (torch.rand(2, 3, 4),)
    yield Block(4), (torch.rand(2, 3, 4),)
