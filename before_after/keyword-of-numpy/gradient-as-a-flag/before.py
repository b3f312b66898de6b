# Met in adversarial training: whether a tensor needs its gradient is asked of the module.
# torch.jit.script: Keyword argument requires_grad unknown
# Held back: whether gradients are wanted is worked out while it runs
import torch
import torch.nn as nn


class Perturbed(nn.Module):
    def __init__(self, attack: bool):
        super().__init__()
        self.attack = attack

    def forward(self, x):
        return x + torch.zeros(1, requires_grad=self.attack)


def examples():
    yield Perturbed(False), (torch.rand(3, 4),)
