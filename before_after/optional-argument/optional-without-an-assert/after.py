# Met in annotated code that was never scripted: Optional is there, the assert is not.
# torch.jit.script: 'Optional[Tensor]' object has no attribute or method 'size'
from typing import Optional

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Lateral(nn.Module):
    def __init__(self, channels: int, top: bool) -> None:
        super().__init__()
        self.top = top
        self.conv = nn.Conv2d(channels, channels, 1)

    def forward(self, x: Tensor, above: Optional[Tensor] = None) -> Tensor:
        x = self.conv(x)
        if not self.top:
            assert above is not None
            size = above.size()
            x = F.adaptive_avg_pool2d(x, size[2:]) + above
        return x


def examples():
    yield Lateral(2, top=True), (torch.rand(1, 2, 4, 4),)
    yield Lateral(2, top=False), (torch.rand(1, 2, 4, 4), torch.rand(1, 2, 2, 2))
