# Met in scripts for experiments: what is only sometimes set is read by a function that runs later.
# torch.jit.script: scale is not defined in the false branch
# Held back: a function
import torch
import torch.nn as nn


class Scaled(nn.Module):
    def __init__(self, mode):
        super().__init__()
        self.mode = mode

    def forward(self, x):
        if self.mode == "scaled":
            scale = x.mean()
        if self.mode == "scaled":
            y = x * scale

            def rescaled(z):
                return z * scale

            x = rescaled(y)
        return x


def examples():
    yield Scaled("scaled"), (torch.rand(2, 3),)
