# Met in ConvNets with a transition between the stages: one transition less than stages.
# torch.jit.script: Expected integer literal for index
import torch
import torch.nn as nn


class Stages(nn.Module):
    def __init__(self, stages, transitions):
        super(Stages, self).__init__()
        self.stages = nn.ModuleList(stages)
        self.transitions = nn.ModuleList(transitions)
        self.num_stages = len(self.stages)

    def forward(self, x):
        for i in range(self.num_stages):
            x = self.stages[i](x)
            if i < self.num_stages - 1:
                x = self.transitions[i](x)
        return x


def examples():
    linear = [nn.Linear(4, 4) for _ in range(5)]
    yield Stages(linear[:3], linear[3:]), (torch.rand(2, 4),)
