# Met in diffusion models: some layers take the condition, others do not.
# torch.jit.script: Unknown type name 'Conditioned'
# Held back: nothing shows what types self.skip has
import torch
import torch.nn as nn


class Conditioned(nn.Module):
    def forward(self, x, cond):
        return x * cond


class Block(nn.Module):
    def __init__(self, skip):
        super().__init__()
        self.skip = skip

    def forward(self, x, cond):
        if isinstance(self.skip, Conditioned):
            return x + self.skip(x, cond)
        return x + self.skip(x)


def examples():
    yield Block(nn.Identity()), (torch.rand(2, 4), torch.rand(2, 4))
