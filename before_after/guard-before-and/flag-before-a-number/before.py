# Met in attention: a temperature that is None where there is no scaling at all.
# torch.jit.script: NoneType
import torch
import torch.nn as nn


class Attention(nn.Module):
    def __init__(self, temperature=None):
        super(Attention, self).__init__()
        self.temperature = temperature

    def forward(self, q, k):
        scores = q @ k.t()
        if self.temperature is not None and (self.temperature > 1.0 or scores.size(0) > 8):
            scores = scores * 0.5
        return scores.softmax(dim=-1)


def examples():
    yield Attention(), (torch.rand(2, 3), torch.rand(4, 3))
    yield Attention(2.0), (torch.rand(2, 3), torch.rand(4, 3))
