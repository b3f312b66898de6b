# Met in channel attention: the loop goes over names of poolings and adds up what they give.
# torch.jit.script: channel_att_raw is not defined in the false branch
from typing import Optional

import torch
import torch.nn as nn


class ChannelGate(nn.Module):
    def __init__(self, channels, pool_types=("avg", "max")):
        super(ChannelGate, self).__init__()
        self.mlp = nn.Linear(channels, channels)
        self.pool_types = list(pool_types)

    def forward(self, x):
        channel_att_sum: Optional[torch.Tensor] = None
        channel_att_raw: Optional[torch.Tensor] = None
        for pool_type in self.pool_types:
            if pool_type == "avg":
                channel_att_raw = self.mlp(x.mean(dim=(2, 3)))
            elif pool_type == "max":
                channel_att_raw = self.mlp(x.amax(dim=(2, 3)))
            if channel_att_sum is None:
                assert channel_att_raw is not None
                channel_att_sum = channel_att_raw
            else:
                assert channel_att_raw is not None
                channel_att_sum = channel_att_sum + channel_att_raw
        assert channel_att_sum is not None
        scale = torch.sigmoid(channel_att_sum).unsqueeze(2).unsqueeze(3)
        return x * scale


def examples():
    yield ChannelGate(4), (torch.rand(1, 4, 8, 8),)
    yield ChannelGate(4, ["max"]), (torch.rand(1, 4, 8, 8),)
