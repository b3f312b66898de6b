# Met in video networks: time stays, space is pooled to a point; and the other way round.
# torch.jit.script: for argument 'output_size' but instead found type 'Tuple[
import torch
import torch.nn as nn
import torch.nn.functional as F


class LongTerm(nn.Module):
    def __init__(self):
        super().__init__()
        self.over_space = nn.AdaptiveAvgPool3d((None, 1, 1))
        self.over_time = nn.AdaptiveMaxPool3d((1, None, None))

    def forward(self, x):
        y = F.relu(x)
        return self.over_space(y) * self.over_time(y)


def examples():
    yield LongTerm(), (torch.rand(1, 2, 3, 4, 4),)
    yield LongTerm(), (torch.rand(2, 3, 4, 4),)
