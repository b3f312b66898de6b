# Met in shake-shake networks: a random weight while training, a half otherwise.
# torch.jit.script: Type mismatch: alpha is set to type Tensor
import torch
import torch.nn as nn


class Shake(nn.Module):
    def forward(self, x1, x2):
        if self.training:
            alpha = torch.rand(x1.size(0))
            alpha = alpha.view(alpha.size(0), 1).expand_as(x1)
        else:
            alpha = 0.5
        return alpha * x1 + (1 - alpha) * x2


def examples():
    yield Shake(), (torch.rand(2, 3), torch.rand(2, 3))
