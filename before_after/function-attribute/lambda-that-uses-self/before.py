# Met in transformers: the layers of a block are called by a lambda.
# torch.jit.script: This function exists as an attribute on the Python module
# Held back: the lambda uses m, which belongs to one model
import torch
import torch.nn as nn


class Block(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.mlp = nn.ModuleDict({'fc': nn.Linear(dim, dim), 'proj': nn.Linear(dim, dim)})
        m = self.mlp
        self.mlpf = lambda x: m['proj'](torch.relu(m['fc'](x)))

    def forward(self, x):
        return x + self.mlpf(x)


def examples():
    yield Block(3), (torch.rand(2, 3),)
