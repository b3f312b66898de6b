# Met in decoders: a mask that has no default, and for which None is passed.
# torch.jit.script: Expected a value of type 'Tensor (inferred)' for argument 'mask' but instead found type 'NoneType'
import torch
import torch.nn as nn


class Attention(nn.Module):
    def forward(self, x, mask):
        scores = x @ x.transpose(-1, -2)
        if mask is not None:
            scores = scores.masked_fill(mask == 0, -1e9)
        return scores.softmax(-1) @ x


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.attend = Attention()

    def forward(self, x):
        return self.attend(x, None)


def examples():
    yield Net(), (torch.rand(2, 3),)
