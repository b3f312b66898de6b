# Met where models take numpy arrays: TorchScript has no such type.
# torch.jit.script: Unknown type name 'np.ndarray'
# Held back: its annotation np.ndarray is no type of TorchScript
# Observed: nothing
import numpy as np
import torch
import torch.nn as nn


class Weighted(nn.Module):
    def forward(self, x: torch.Tensor, weight: np.ndarray = None) -> torch.Tensor:
        if weight is not None:
            x = x * torch.from_numpy(weight)
        return x


def examples():
    yield Weighted(), (torch.rand(2, 2),)
