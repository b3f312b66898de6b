# Met in toolboxes for detection: a norm is registered under a name that depends on its kind.
# torch.jit.script: getattr's second argument must be a string literal
import torch
import torch.nn as nn


class ConvBlock(nn.Module):
    __jit_unused_properties__ = ["norm"]

    def __init__(self, dim, norm):
        super(ConvBlock, self).__init__()
        self.conv = nn.Conv2d(dim, dim, 1)
        self.norm_name = 'bn' if norm == 'BN' else 'gn'
        layer = nn.BatchNorm2d(dim) if norm == 'BN' else nn.GroupNorm(1, dim)
        self.add_module(self.norm_name, layer)

    def _call_layer(self, name: str, x):
        if hasattr(self, "bn") and name == "bn":
            return self.bn(x)
        if hasattr(self, "gn") and name == "gn":
            return self.gn(x)
        raise AttributeError(name)

    @property
    def norm(self):
        return getattr(self, self.norm_name)

    def forward(self, x):
        x = self.conv(x)
        x = self._call_layer(self.norm_name, x)
        return torch.relu(x)


def examples():
    yield ConvBlock(3, 'BN'), (torch.rand(2, 3, 4, 4),)
    yield ConvBlock(3, 'GN'), (torch.rand(2, 3, 4, 4),)
