# Met in small models: the layers are put in a list, which is then gone through.
# torch.jit.script: cannot call a value of type 'Union[__torch__.
import torch
import torch.nn as nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(3, 3)
        self.act = nn.ReLU()

    def forward(self, x):
        # what it is made of
        x = self.first(x)
        x = self.act(x)
        return x


def examples():
    yield Net(), (torch.rand(1, 3),)
