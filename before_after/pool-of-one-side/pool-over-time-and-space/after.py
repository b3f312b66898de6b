# Met in video networks: time stays, space is pooled to a point; and the other way round.
# torch.jit.script: for argument 'output_size' but instead found type 'Tuple[
import torch
import torch.nn as nn
import torch.nn.functional as F


class LongTerm(nn.Module):
    def __init__(self):
        super().__init__()

    def forward(self, x):
        y = F.relu(x)
        return F.adaptive_avg_pool3d(y, [y.size(-3), 1, 1]) * F.adaptive_max_pool3d(
            y, [1, y.size(-2), y.size(-1)]
        )


def examples():
    yield LongTerm(), (torch.rand(1, 2, 3, 4, 4),)
    yield LongTerm(), (torch.rand(2, 3, 4, 4),)
