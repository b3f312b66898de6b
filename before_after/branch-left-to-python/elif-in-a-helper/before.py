# Met in resizing: a function of the module does for pictures, too, what others call with tensors.
# torch.jit.script: cannot create weak reference
import numpy as np
import torch as th
import torch.nn as nn
import torch.nn.functional as F


def drawn(x):
    if x.dim() == 4:
        return F.max_pool2d(x, 2)
    elif x.dim() == 1 or x.dim() == 2 and x.size(0) == 1 or x.dim() == 2 and x.size(1) == 1:
        return painted(x)
    else:
        return x * 2


def painted(x):
    return th.from_numpy(np.flip(x.numpy(), 0).copy())


class Net(nn.Module):
    def forward(self, x):
        return drawn(x) + 1


def examples():
    yield Net(), (th.rand(1, 2, 6, 6),)
    yield Net(), (th.rand(3, 3),)
