# Met in pyramid pooling: the pool is made for a size that comes with the call.
# torch.jit.script: Cannot instantiate class
import torch
import torch.nn as nn


class Pyramid(nn.Module):
    def pool(self, x, size: int):
        avgpool = nn.AdaptiveAvgPool2d(size)
        return avgpool(x)

    def forward(self, x):
        shape = x.shape[-2:]
        up = nn.Upsample(size=(6, 6), mode="bilinear", align_corners=True)
        outs = [x, nn.MaxPool2d(3, 1, 1)(x)]
        for size in (1, 2, 3):
            outs.append(up(self.pool(x, size)))
        flat = nn.Flatten()(torch.cat(outs, 1))
        return flat, nn.Upsample(scale_factor=2)(x), nn.Upsample(shape, mode="nearest")(x)


def examples():
    yield Pyramid(), (torch.rand(1, 2, 6, 6),)
