# Met in decoders: a loop counts in the name of an argument that is read no more.
# torch.jit.script: Variable 't' previously had type Tensor
import torch
import torch.nn as nn


class Decoder(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.cell = nn.GRUCell(size, size)

    def forward(self, x, t):
        h = torch.zeros_like(x[0]) + t
        for t_int in range(x.size(0)):
            h = self.cell(x[t_int], h)
            if t_int > 2:
                h = h * t_int
        return h


def examples():
    yield Decoder(3), (torch.rand(5, 2, 3), torch.rand(3))
