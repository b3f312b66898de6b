# Met in attention: the scores are scaled by what was learnt, or by a number.
# torch.jit.script: Type mismatch: scale is set to type float
import torch
import torch.nn as nn


class Scores(nn.Module):
    def __init__(self, mode):
        super().__init__()
        self.mode = mode
        self.temperature = nn.Parameter(torch.tensor(2.0))

    def forward(self, q, k):
        if self.mode == "fixed":
            scale = torch.tensor(0.125)
        else:
            scale = self.temperature
        return torch.matmul(q, k.transpose(-2, -1)) * scale


def examples():
    yield Scores("fixed"), (torch.rand(2, 3), torch.rand(2, 3))
    yield Scores("learnt"), (torch.rand(2, 3), torch.rand(2, 3))
