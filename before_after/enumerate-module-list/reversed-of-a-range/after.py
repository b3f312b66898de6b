# Met in decoders: the levels are gone through from the deepest to the first.
# torch.jit.script: range cannot be used as a value
import torch
import torch.nn as nn
import torch.nn.functional as F


class Decoder(nn.Module):
    def __init__(self, width=4, levels=3):
        super(Decoder, self).__init__()
        self.downs = nn.ModuleList([nn.Conv2d(width, width, 3, 2, 1) for _ in range(levels)])
        self.ups = nn.ModuleList([nn.Conv2d(2 * width, width, 3, 1, 1) for _ in range(levels)])

    def forward(self, x):
        skips = []
        for down in self.downs:
            skips.append(x)
            x = down(x)
        for i in range(len(self.ups) - 1, -1, -1):
            x = F.interpolate(x, scale_factor=2.0)
            for j, up in enumerate(self.ups):
                if j == i:
                    x = up(torch.cat([skips[i], x], 1))
        return x


def examples():
    yield Decoder(), (torch.rand(1, 4, 16, 16),)
    yield Decoder(levels=1), (torch.rand(1, 4, 16, 16),)
