# Met where a factory returns a layer or a plain function: the compiler cannot compare a function with
# None, `hasattr` it understands.
# torch.jit.script: Module 'Dense' has no attribute 'act'
import torch
import torch.nn as nn
import torch.nn.functional as F


def activation(name):
    return {'relu': F.relu, 'tanh': nn.Tanh()}[name]


class Dense(nn.Module):
    def __init__(self, dim, act=None):
        super(Dense, self).__init__()
        self.has_act = act is not None
        self.fc = nn.Linear(dim, dim)
        if act is not None:
            self.act = activation(act)

    def forward(self, x):
        x = self.fc(x)
        if self.has_act:
            assert hasattr(self, "act")
            x = self.act(x)
        return x


def examples():
    yield Dense(4, 'tanh'), (torch.rand(2, 4),)
    yield Dense(4), (torch.rand(2, 4),)
