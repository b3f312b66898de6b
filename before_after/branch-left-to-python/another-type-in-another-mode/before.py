# Met in detection: one mode is for NumPy, and is asked for by name only.
# torch.jit.script: cannot create weak reference
import numpy as np
import torch
import torch.nn as nn


class Detector(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.head = nn.Linear(dim, 4)

    def forward(self, x, mode: int = 1):
        x = self.head(x)
        if mode == 0:  # for the plots
            # the corners, as they are drawn
            corners = np.stack(
                [x.numpy()],
                axis=0,
            )
            return corners.tolist()
            # not sorted
        return x


def examples():
    yield Detector(3), (torch.rand(2, 3),)
