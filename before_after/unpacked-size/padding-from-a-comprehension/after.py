# Met in residual blocks with stochastic depth: a shape of ones behind the batch, put together anew.
# torch.jit.script: cannot statically infer the expected size of a list in this context
import torch
import torch.nn as nn


class LayerScale(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.gamma = nn.Parameter(torch.rand(dim))

    def forward(self, x):
        ones = [1 for _ in range(x.dim() - 2)]
        shape = [1, -1] + list(ones)
        keep = [x.shape[0]] + [1] * (x.dim() - 1)
        return x * self.gamma.view(shape) + torch.zeros(keep)


def examples():
    yield LayerScale(3), (torch.rand(2, 3, 4, 4),)
    yield LayerScale(3), (torch.rand(2, 3),)
