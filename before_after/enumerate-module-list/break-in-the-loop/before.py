# Met in networks with an early exit: a loop over a ModuleList is unrolled and has no break.
# torch.jit.script: Expected integer literal for index
import torch
import torch.nn as nn


class EarlyExit(nn.Module):
    def __init__(self, dim, layers):
        super(EarlyExit, self).__init__()
        self.layers = nn.ModuleList([nn.Linear(dim, dim) for _ in range(layers)])

    def forward(self, x):
        for i in range(len(self.layers)):
            x = torch.relu(self.layers[i](x))
            if float(x.sum()) > 1.0:
                break
        return x


def examples():
    yield EarlyExit(3, 4), (torch.rand(2, 3),)
    yield EarlyExit(3, 4), (torch.rand(2, 3) * 10,)
