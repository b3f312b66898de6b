# Met in pyramid pooling: the pool is made for a size that comes with the call.
# torch.jit.script: Cannot instantiate class
import torch
import torch.nn as nn


class Pyramid(nn.Module):
    def pool(self, x, size: int):
        return nn.functional.adaptive_avg_pool2d(x, output_size=size)

    def forward(self, x):
        shape = x.shape[-2:]
        outs = [x, nn.functional.max_pool2d(x, kernel_size=3, stride=1, padding=1)]
        for size in (1, 2, 3):
            outs.append(
                nn.functional.interpolate(
                    self.pool(x, size), size=(6, 6), mode="bilinear", align_corners=True
                )
            )
        flat = torch.flatten(torch.cat(outs, 1), start_dim=1, end_dim=-1)
        return (
            flat,
            nn.functional.interpolate(x, scale_factor=2.0),
            nn.functional.interpolate(x, size=shape, mode="nearest"),
        )


def examples():
    yield Pyramid(), (torch.rand(1, 2, 6, 6),)
