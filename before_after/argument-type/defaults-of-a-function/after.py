# Met in losses: a function of the file with its constants as defaults, some used by name.
# torch.jit.script: aten::eq.Tensor(Tensor self, Tensor other) -> Tensor
import torch
import torch.nn as nn


def soft_threshold(
    x, threshold: float = 0.5, scale: float = -1.0, power: int = 2, mode: str = "mean"
):
    x = torch.where(x.abs() < threshold, scale * x**power, x)
    if mode == "mean":
        return x.mean()
    return x.sum()


class Loss(nn.Module):
    def forward(self, x):
        return soft_threshold(x, 0.25) + soft_threshold(x, mode="sum")


def examples():
    yield Loss(), (torch.rand(2, 3),)
