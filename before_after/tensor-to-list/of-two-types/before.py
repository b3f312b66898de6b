# Met in metrics: what is given is a list of numbers once, and a list of lists the other time.
# torch.jit.script: Expected type hint for result of tolist()
# Held back: it was List[List[float]] and List[float], which is no one type
import torch
import torch.nn as nn


class Count(nn.Module):
    def forward(self, x):
        values = x.tolist()
        return len(values)


def examples():
    yield Count(), (torch.rand(3),)
    yield Count(), (torch.rand(3, 2),)
