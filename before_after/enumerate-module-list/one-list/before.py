# Met everywhere: a ModuleList that is indexed by the counter of its own length.
# torch.jit.script: Expected integer literal for index
import torch
import torch.nn as nn
import torch.nn.functional as F


class PostNet(nn.Module):
    def __init__(self, n_mels, dim, n_convs):
        super(PostNet, self).__init__()
        self.convs = nn.ModuleList()
        for i in range(n_convs):
            n_in = n_mels if i == 0 else dim
            self.convs.append(nn.Conv1d(n_in, dim, 3, padding=1))

    def forward(self, x):
        for i in range(len(self.convs)):
            x = torch.tanh(self.convs[i](x))
        return F.dropout(x, 0.5, self.training)


def examples():
    yield PostNet(4, 6, 3), (torch.rand(2, 4, 10),)
    yield PostNet(4, 6, 0), (torch.rand(2, 4, 10),)
