# Met in careful code: the layer is None on the other path, but the use asks for the flag alone.
# torch.jit.script: cannot call a value of type 'NoneType'
import torch
import torch.nn as nn
import torch.nn.functional as F


class Merge(nn.Module):
    def __init__(self, dim, layer_norm):
        super(Merge, self).__init__()
        self.layer_norm = layer_norm
        self.norm = nn.LayerNorm(dim) if layer_norm else None
        self.fc = nn.Linear(dim, dim)

    def forward(self, x):
        if self.layer_norm:
            x = self.norm(x)
        return self.fc(x)


def examples():
    yield Merge(4, True), (torch.rand(2, 4),)
    yield Merge(4, False), (torch.rand(2, 4),)
