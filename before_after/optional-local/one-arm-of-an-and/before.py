# Met in losses with options: what is only sometimes set is read behind the test that set it.
# torch.jit.script: scale is not defined in the false branch
# Held back: before which no assert fits
import torch
import torch.nn as nn


class Scaled(nn.Module):
    def __init__(self, mode):
        super().__init__()
        self.mode = mode

    def forward(self, x):
        if self.mode == "scaled":
            scale = x.mean()
        large = self.mode == "scaled" and bool(scale > 1)
        return x * 2 if large else x


def examples():
    yield Scaled("scaled"), (torch.rand(2, 3),)
