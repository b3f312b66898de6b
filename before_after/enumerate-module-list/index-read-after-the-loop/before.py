# Met in iterative refinement: the number of the last stage scales what comes out.
# torch.jit.script: Expected integer literal for index
import torch
import torch.nn as nn


class Refinement(nn.Module):
    def __init__(self, channels, stages):
        super(Refinement, self).__init__()
        self.stages = nn.ModuleList([nn.Conv2d(channels, channels, 3, padding=1) for _ in range(stages)])

    def forward(self, x):
        for i in range(len(self.stages)):
            x = x + self.stages[i](x)
        return x / (i + 1)


def examples():
    yield Refinement(4, 3), (torch.rand(1, 4, 8, 8),)
    yield Refinement(4, 1), (torch.rand(1, 4, 8, 8),)
