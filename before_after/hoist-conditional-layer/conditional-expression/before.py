# Met in attention blocks: the layer is used in one line, under the condition it was defined under.
# torch.jit.script: Module 'Attention' has no attribute 'proj_v'
import torch
import torch.nn as nn
import torch.nn.functional as F


class Attention(nn.Module):
    def __init__(self, dim, v_proj):
        super(Attention, self).__init__()
        self.v_proj = v_proj
        self.proj_q = nn.Linear(dim, dim)
        if v_proj:
            self.proj_v = nn.Linear(dim, dim)

    def forward(self, x):
        q = self.proj_q(x)
        v = torch.tanh(self.proj_v(x)) if self.v_proj else x
        return torch.matmul(torch.softmax(torch.matmul(q, x.transpose(1, 2)), -1), v)


def examples():
    yield Attention(4, True), (torch.rand(2, 3, 4),)
    yield Attention(4, False), (torch.rand(2, 3, 4),)
