# Met in decoders: the list may be empty, and then the missing layer is never missed.
# torch.jit.script: Module 'Decoder' has no attribute 'norm'
# Held back: not always evaluated
import torch
import torch.nn as nn
import torch.nn.functional as F


class Decoder(nn.Module):
    def __init__(self, dim, depth):
        super(Decoder, self).__init__()
        self.layers = nn.ModuleList([nn.Linear(dim, dim) for _ in range(depth)])
        if depth > 0:
            self.norm = nn.LayerNorm(dim)

    def forward(self, x):
        outs = []
        for layer in self.layers:
            x = layer(x)
            outs.append(x)
        outs = [self.norm(out) for out in outs]
        return outs


def examples():
    yield Decoder(4, 2), (torch.rand(2, 4),)
    yield Decoder(4, 0), (torch.rand(2, 4),)
