# Met in diffusion models: people ask the model on which device it is; forward does not.
# torch.jit.script: Python builtin <built-in function next> is currently not supported
import torch
import torch.nn as nn


class Model(nn.Module):
    """Asks a Tensor for its device, never itself."""

    def __init__(self, size):
        super().__init__()
        self.linear = nn.Linear(size, size)

    @property
    def device(self):
        return next(self.parameters()).device

    def forward(self, x):
        return self.linear(x) + torch.ones(1, device=x.device)


class Deeper(Model):
    def forward(self, x):
        return self.linear(self.linear(x).to(self.linear.weight.device))


def examples():
    yield Model(3), (torch.rand(2, 3),)
    yield Deeper(3), (torch.rand(2, 3),)
