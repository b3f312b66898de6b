# Met in towers: a local is registered and put in the list.
# torch.jit.script: Cannot infer concrete type of torch.nn.Module
import torch
import torch.nn as nn


class Tower(nn.Module):
    """Tower Model"""

    def __init__(self, length: int = 1) -> None:
        super().__init__()
        self.layers = list()
        for i in range(length):
            layer = nn.Linear(3, 3)
            self.add_module(f'tower{i}', layer)
            self.layers.append(layer)
        self.scale = 2.0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for layer in self.layers:
            x = layer(x)
        return x * self.scale


def examples():
    yield Tower(2), (torch.rand(2, 3),)
