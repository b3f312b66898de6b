# Met in backbones with a switch: one thing or two come back, as Python allows.
# torch.jit.script: Return value was annotated as having type Tensor
# Held back: it returned Tensor and Tuple[Tensor, Tensor]
import torch
import torch.nn as nn


class Switch(nn.Module):
    def forward(self, x, both: bool) -> torch.Tensor:
        if both:
            return x, x
        return x


def examples():
    yield Switch(), (torch.rand(2, 3), True)
    yield Switch(), (torch.rand(2, 3), False)
