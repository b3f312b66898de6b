# Met in vocoders: the values leave the graph and come back.
# torch.jit.script: has no attribute or method 'numpy'
# Held back: TorchScript has nothing like Tensor.numpy
import torch
import torch.nn as nn


class Energy(nn.Module):
    def forward(self, x):
        return torch.from_numpy(x.numpy() ** 2)


def examples():
    yield Energy(), (torch.rand(2, 3),)
