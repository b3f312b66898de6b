# Met in blocks of image translation networks: `if self.norm:` where the layer is None or a module.
# torch.jit.script: to bool
import torch
import torch.nn as nn
import torch.nn.functional as F


class Conv2dBlock(nn.Module):
    def __init__(self, dim, norm='none', activation='relu'):
        super(Conv2dBlock, self).__init__()
        if norm == 'bn':
            self.norm = nn.BatchNorm2d(dim)
        elif norm == 'in':
            self.norm = nn.InstanceNorm2d(dim)
        elif norm == 'none':
            self.norm = None
        else:
            assert 0, "Unsupported normalization: {}".format(norm)
        self.activation = nn.ReLU() if activation == 'relu' else None
        self.conv = nn.Conv2d(dim, dim, 3, padding=1)

    def forward(self, x):
        x = self.conv(x)
        if self.norm:
            x = self.norm(x)
        if not self.activation:
            return x
        return self.activation(x)


def examples():
    yield Conv2dBlock(3, 'bn'), (torch.rand(2, 3, 5, 5),)
    yield Conv2dBlock(3, 'none', 'none'), (torch.rand(2, 3, 5, 5),)
