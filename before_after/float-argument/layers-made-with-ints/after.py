# Met in networks from other frameworks: layers are made with 0 and 1 where torch has floats.
# torch.jit.script: Expected a value of type 'Optional[float]' for argument 'value' but instead found type 'int'
import torch
import torch.nn as nn


def conv_bn(c1, c2):
    return nn.Sequential(
        nn.Conv2d(c1, c2, 1), nn.BatchNorm2d(c2, 1.0, momentum=0.0), nn.LeakyReLU(0.0)
    )


class Stem(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.pad = nn.ConstantPad2d((1, 1, 0, 0), 0.0)
        self.body = conv_bn(2, dim)
        self.drop = nn.Dropout2d(p=0.0, inplace=True)
        self.act = nn.Hardtanh(-1.0, 1.0)

    def forward(self, x):
        return self.act(self.drop(self.body(self.pad(x))))


def examples():
    yield Stem(3), (torch.rand(1, 2, 4, 4),)
