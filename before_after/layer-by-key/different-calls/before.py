# Met in decoders with skip connections: layers of two kinds, each looked up by its level.
# torch.jit.script: getattr's second argument must be a string literal
import torch
import torch.nn as nn


class Merge(nn.Module):
    def __init__(self, dim):
        super(Merge, self).__init__()
        self.conv = nn.Conv2d(2 * dim, dim, 1)

    def forward(self, x, skip, scale: float):
        return self.conv(torch.cat([x, skip], 1)) * scale


class Decoder(nn.Module):
    def __init__(self, dim):
        super(Decoder, self).__init__()
        self.merge1 = Merge(dim)
        self.merge2 = Merge(dim)
        self.refine1 = nn.Conv2d(dim, dim, 1)
        self.refine2 = nn.Conv2d(dim, dim, 3, padding=1)

    def forward(self, x, skip):
        for level in range(1, 3):
            merge = getattr(self, f'merge{level}')
            x = merge(x, skip=skip, scale=0.5)
            x = getattr(self, f'refine{level}')(x)
        return x


def examples():
    yield Decoder(3), (torch.rand(1, 3, 5, 5), torch.rand(1, 3, 5, 5))
