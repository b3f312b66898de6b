# Met in structural similarity: the window that is kept is used if it is of the input's type.
# torch.jit.script: The size of tensor a (3) must match the size of tensor b (5)
import torch
import torch.nn as nn


class Blur(nn.Module):
    def __init__(self):
        super().__init__()
        self.window = torch.ones(1, 1, 3) / 3

    def forward(self, x):
        if x.size(1) == 1 and (
            self.window.dtype == x.dtype
            and self.window.device.type == x.device.type
            and self.window.layout == x.layout
        ):
            window = self.window
        else:
            window = self.window.to(x.dtype)
        return nn.functional.conv1d(x, window, padding=1)


def examples():
    yield Blur(), (torch.rand(2, 1, 5),)
    yield Blur(), (torch.rand(2, 1, 5).double(),)
