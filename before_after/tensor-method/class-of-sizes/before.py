# Met in samplers: a tensor of a size, filled at once.
# torch.jit.script: Unknown builtin op: aten::Tensor
import torch
import torch.nn as nn


class Noise(nn.Module):
    def forward(self, x):
        noise = torch.Tensor(x.size(0), 2).fill_(0.5)
        return x + noise


def examples():
    yield Noise(), (torch.rand(3, 2),)
