# Met everywhere: what is called is a Tensor by mistake, or the name of another thing.
# torch.jit.script: cannot call a value of type 'Tensor'
import torch
import torch.nn as nn


class Wrong(nn.Module):
    def __init__(self):
        super().__init__()
        self.deep = False

    def forward(self, x, activation):
        if self.deep:
            return activation(x)
        return x + activation


def examples():
    yield Wrong(), (torch.rand(2, 3), torch.rand(2, 3))
