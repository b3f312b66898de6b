# Met in losses over images: the sum is divided by the number of pixels.
# torch.jit.script: cannot create weak reference to 'numpy._ArrayFunctionDispatcher' object
import numpy as np
import torch
import torch.nn as nn


class BalancedLoss(nn.Module):
    def forward(self, output, label):
        loss = torch.sum(-label * output)
        return loss / float(np.prod(label.size())) + loss / float(np.prod(output.shape))


def examples():
    yield BalancedLoss(), (torch.rand(2, 3), torch.rand(2, 3))
