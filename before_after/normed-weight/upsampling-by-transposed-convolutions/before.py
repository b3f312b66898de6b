# Met in vocoders: transposed convolutions take an output_size, which a hook would be given, too.
# torch.jit.script: 'WeightNorm' object has no attribute '__name__'
import torch
import torch.nn as nn
import torch.nn.functional as F


class Upsample(nn.Module):
    def __init__(self):
        super().__init__()
        self.up = nn.utils.weight_norm(nn.ConvTranspose1d(2, 3, 4, stride=2, padding=1))

    def forward(self, x):
        return F.leaky_relu(self.up(x), 0.1)


def examples():
    yield Upsample(), (torch.rand(1, 2, 5),)
