# Met in mobile networks: attention looks along each side, with the other one pooled away.
# torch.jit.script: for argument 'output_size' but instead found type 'Tuple[NoneType, int]'
import torch
import torch.nn as nn


class CoordAttention(nn.Module):
    def __init__(self, dim):
        super(CoordAttention, self).__init__()
        # one pool for each side
        self.conv = nn.Conv2d(dim, dim, 1)

    def forward(self, x):
        n, c, h, w = x.size()
        x_h = nn.functional.adaptive_avg_pool2d(x, [x.size(-2), 1])
        x_w = nn.functional.adaptive_avg_pool2d(x, [1, x.size(-1)]).permute(0, 1, 3, 2)
        y = self.conv(torch.cat([x_h, x_w], dim=2))
        y_h, y_w = torch.split(y, [h, w], dim=2)
        return x * y_h.sigmoid() * y_w.permute(0, 1, 3, 2).sigmoid()


def examples():
    yield CoordAttention(2), (torch.rand(1, 2, 4, 3),)
