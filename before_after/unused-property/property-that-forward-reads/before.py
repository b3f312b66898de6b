# Met in diffusion models: what forward makes is made on the device of the weights.
# torch.jit.script: Python builtin <built-in function next> is currently not supported
# Held back: Model.forward reads device, and is compiled
import torch
import torch.nn as nn


class Model(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.linear = nn.Linear(size, size)

    @property
    def device(self):
        return next(self.parameters()).device

    def forward(self, x):
        return self.linear(x) + torch.ones(1, device=self.device)


def examples():
    yield Model(3), (torch.rand(2, 3),)
