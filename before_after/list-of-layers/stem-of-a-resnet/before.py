# Met in CLIP: the layers of the stem are gone through in pairs.
# torch.jit.script: cannot call a value of type 'Union[
import torch
import torch.nn as nn


class Stem(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.conv1 = nn.Conv2d(3, dim, 3, stride=2)
        self.bn1 = nn.BatchNorm2d(dim)
        self.conv2 = nn.Conv2d(dim, dim, 1)
        self.bn2 = nn.BatchNorm2d(dim)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x):
        for conv, bn in [(self.conv1, self.bn1), (self.conv2, self.bn2)]:
            # One after the other.
            x = self.relu(bn(conv(x)))
        return x


def examples():
    yield Stem(2).eval(), (torch.rand(1, 3, 6, 6),)
