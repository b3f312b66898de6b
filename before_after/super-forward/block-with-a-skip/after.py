# Met in residual networks built from plain ones: the subclass calls the forward of its base class.
# torch.jit.script: has no attribute or method 'forward'
import torch
from torch import nn


class ConvBlock(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x, scale: float = 1.0):
        return self._conv_block_forward(x, scale)

    def _conv_block_forward(self, x, scale: float = 1.0):
        """Convolve, then scale."""
        # the activation comes before the scale
        x = torch.relu(self.conv(x))
        return x * scale


class ResidualConvBlock(ConvBlock):
    def forward(self, x, scale: float = 1.0):
        return self._residual_conv_block_forward(x, scale)

    def _residual_conv_block_forward(self, x, scale: float = 1.0):
        return x + self._conv_block_forward(x, scale=scale)


class Gated(ResidualConvBlock):
    def forward(self, x, scale: float = 1.0):
        return torch.sigmoid(
            self._residual_conv_block_forward(self._residual_conv_block_forward(x), scale)
        )


def examples():
    torch.manual_seed(0)
    yield ResidualConvBlock(3), (torch.rand(1, 3, 5, 5),)
    yield Gated(3), (torch.rand(1, 3, 5, 5), 2.0)
    yield ConvBlock(3), (torch.rand(1, 3, 5, 5),)
