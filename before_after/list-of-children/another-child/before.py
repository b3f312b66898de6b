# Met with a head beside the stack: children() would go through it, too.
# torch.jit.script: Cannot infer concrete type of torch.nn.Module
# Held back: self.head may be a child as well
import torch
import torch.nn as nn


class Headed(nn.Module):
    def __init__(self, depth, head):
        super().__init__()
        self.head = head
        self.layers = []
        for i in range(depth):
            layer = nn.Linear(3, 3)
            self.add_module(str(i), layer)
            self.layers.append(layer)

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return self.head(x)


def examples():
    yield Headed(2, nn.Linear(3, 1)), (torch.rand(2, 3),)
