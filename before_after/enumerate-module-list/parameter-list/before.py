# Met in networks with learned activation functions: Parameters in ParameterLists.
# torch.jit.script: Expected integer literal for index
import torch
import torch.nn as nn


class APL(nn.Module):
    def __init__(self, s):
        super(APL, self).__init__()
        self.a = nn.ParameterList([nn.Parameter(torch.tensor(0.2)) for _ in range(s)])
        self.b = nn.ParameterList([nn.Parameter(torch.tensor(0.5)) for _ in range(s)])
        self.s = s

    def forward(self, input):
        output = torch.clamp_min(input, min=0.0)
        for i in range(self.s):
            output = output + self.a[i] * torch.clamp_min(self.b[i] - input, min=0.0)
        return output


def examples():
    yield APL(2), (torch.rand(2, 3) - 0.5,)
