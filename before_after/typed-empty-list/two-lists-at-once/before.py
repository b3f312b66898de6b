# Met in samplers: results and their numbers begin side by side.
# torch.jit.script: previously matched to type Tensor is matched to type int
import torch
import torch.nn as nn


class Sampler(nn.Module):
    def forward(self, x):
        rows, numbers = [], []
        for i in range(x.size(0)):
            rows.append(x[i])
            numbers.append(i * 2)
        return torch.stack(rows), numbers


def examples():
    yield Sampler(), (torch.rand(2, 3),)
