# Met in optimisers inside of layers: a step of a given size, as a method and as a function.
# torch.jit.script: as a scalar argument
import torch
import torch.nn as nn


class Step(nn.Module):
    def forward(self, x, gradient):
        step = torch.sub(x, 0.5, gradient)
        moved = torch.relu(x).add(2, step)
        return step + moved


def examples():
    yield Step(), (torch.rand(2, 4), torch.rand(2, 4))
