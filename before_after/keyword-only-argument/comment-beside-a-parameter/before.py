# Met where every parameter has its comment: it is left to people where those go.
# torch.jit.script: use keyword-only arguments with defaults
# Held back: a comment stands among its parameters
import torch
import torch.nn as nn


class Net(nn.Module):
    def forward(
        self,
        x,  # of shape (batch, dim)
        *,
        scale: float = 1.0,  # of the output
    ):
        return x * scale


def examples():
    yield Net(), (torch.rand(2, 2),)
