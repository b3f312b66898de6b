# Met in detection toolboxes: the method of the base class has a decorator of the project's own.
# torch.jit.script: has no attribute or method 'forward'
# Held back: Head.forward is decorated by logged
import torch
import torch.nn as nn


def logged(function):
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs)

    return wrapper


class Head(nn.Module):
    @logged
    def forward(self, x):
        return x + 1


class DoubleHead(Head):
    def forward(self, x):
        return super().forward(super().forward(x))


def examples():
    yield DoubleHead(), (torch.rand(2),)
