# Met in policies: one property is made of another, and no method reads either.
# torch.jit.script: Python builtin <built-in function next> is currently not supported
import torch
import torch.nn as nn


class Policy(nn.Module):
    __jit_unused_properties__ = ["device", "on_cpu"]

    def __init__(self, size):
        super().__init__()
        self.linear = nn.Linear(size, size)

    @property
    def device(self):
        return next(self.parameters()).device

    @property
    def on_cpu(self) -> bool:
        return self.device == torch.device("cpu")

    def forward(self, x):
        return self.linear(x)


def examples():
    yield Policy(3), (torch.rand(2, 3),)
