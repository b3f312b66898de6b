# Met in attention with functional layers: the order of a norm, and rates kept on the module.
# torch.jit.script: Expected a value of type 'float' for argument 'p' but instead found type 'int'
import torch
import torch.nn as nn
import torch.nn.functional as F


class Gate(nn.Module):
    def __init__(self, dim, rate, slope):
        super().__init__()
        self.rate = rate
        self.slope = slope
        self.fc = nn.Linear(dim, dim)

    def forward(self, x):
        x = F.normalize(x, p=2.0, dim=1)
        x = F.leaky_relu(self.fc(x), float(self.slope))
        noise = torch.empty_like(x).normal_(mean=0.0, std=1.0)
        return F.dropout(x, p=float(self.rate), training=self.training) + noise * 0


def examples():
    yield Gate(3, 0, 1), (torch.rand(2, 3),)
    yield Gate(3, 0.5, 0.2), (torch.rand(2, 3),)
