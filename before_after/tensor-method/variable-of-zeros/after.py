# Met in recurrent networks of 2017: the first state is a Variable of zeros.
# torch.jit.script: Class Variable does not have an __init__ function defined
import torch
import torch.nn as nn
from torch.autograd import Variable


class Encoder(nn.Module):
    def __init__(self, size):
        super(Encoder, self).__init__()
        self.size = size
        self.cell = nn.GRUCell(size, size)

    def init_hidden(self, x):
        return torch.zeros(x.size(0), self.size)

    def forward(self, x):
        h = self.init_hidden(x)
        for i in range(x.size(1)):
            h = self.cell(x[:, i], h)
        return h


def examples():
    yield Encoder(4), (torch.rand(2, 3, 4),)
