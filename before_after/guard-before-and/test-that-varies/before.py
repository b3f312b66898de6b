# Met in decoders: what stands behind the input's own size is compiled for every model.
# torch.jit.script: NoneType
# Held back: no test before the and is decided while compiling
import torch
import torch.nn as nn


class Decoder(nn.Module):
    def __init__(self, limit=None):
        super(Decoder, self).__init__()
        self.limit = limit

    def forward(self, x):
        if x.size(0) > 8 and self.limit > 2:
            return x * 2
        return x


def examples():
    yield Decoder(), (torch.rand(2, 3),)
