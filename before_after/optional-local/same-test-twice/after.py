# Met in atrous pyramids: what one `if` defines is read under the same test further down.
# torch.jit.script: x5 is not defined in the false branch
import torch
import torch.nn as nn


class ASPP(nn.Module):
    def __init__(self, branches):
        super().__init__()
        self.branches = branches
        self.aspp1 = nn.Conv2d(4, 4, 3, padding=1)
        self.aspp5 = nn.Conv2d(4, 4, 3, padding=5, dilation=5)
        self.aspp6 = nn.Conv2d(4, 4, 3, padding=6, dilation=6)

    def forward(self, x):
        x1 = self.aspp1(x)
        if self.branches == 6:
            x5 = self.aspp5(x)
            x6 = self.aspp6(x)
        else:
            x5 = None
            x6 = None
        pooled = x.mean(dim=1, keepdim=True)
        if self.branches == 6:
            assert x5 is not None
            assert x6 is not None
            x = torch.cat((x1, x5, x6, pooled), dim=1)
        else:
            x = torch.cat((x1, pooled), dim=1)
        return x


def examples():
    yield ASPP(6), (torch.rand(1, 4, 8, 8),)
    yield ASPP(4), (torch.rand(1, 4, 8, 8),)
