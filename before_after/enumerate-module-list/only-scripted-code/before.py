# Met everywhere: weight initialisation runs in Python, and stays as it is.
# torch.jit.script: compiles
import torch
import torch.nn as nn


class Initialised(nn.Module):
    def __init__(self, dim):
        super(Initialised, self).__init__()
        self.layers = nn.ModuleList([nn.Linear(dim, dim) for _ in range(2)])
        self.reset_parameters()

    def reset_parameters(self):
        for i in range(len(self.layers)):
            nn.init.zeros_(self.layers[i].bias)

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x


def examples():
    yield Initialised(3), (torch.rand(2, 3),)
