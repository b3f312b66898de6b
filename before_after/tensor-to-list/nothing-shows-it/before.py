# Met where only the largest of the numbers is used.
# torch.jit.script: Expected type hint for result of tolist()
# Held back: nothing shows what is in the list
import torch
import torch.nn as nn


class Largest(nn.Module):
    def forward(self, x):
        return max((x + 1).tolist())


def examples():
    yield Largest(), (torch.rand(3),)
