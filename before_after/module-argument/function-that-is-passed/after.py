# Met in networks with a choice of activations: the function itself is an argument.
# torch.jit.script: cannot call a value of type 'Tensor'
import torch
import torch.nn as nn
import torch.nn.functional as F


class Gate(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.linear = nn.Linear(dim, dim)

    def squashed(self, x):
        return torch.tanh(x) / 2

    def gate(self, x, activation, times: int):
        """Several lines
        of documentation."""
        for _ in range(times):
            x = activation(self.linear(x))
        return x

    def _gate_with_relu(self, x, times: int):
        for _ in range(times):
            x = F.relu(self.linear(x))
        return x

    def _gate_with_squashed(self, x, times: int):
        for _ in range(times):
            x = self.squashed(self.linear(x))
        return x

    def forward(self, x):
        return self._gate_with_relu(x, 2) + self._gate_with_squashed(x, times=1)


def examples():
    yield Gate(3), (torch.rand(2, 3),)
