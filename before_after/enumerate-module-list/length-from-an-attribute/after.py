# Met in highway networks: the length is an attribute that __init__ built the lists with.
# torch.jit.script: Expected integer literal for index
import torch
import torch.nn as nn
import torch.nn.functional as F


class Highway(nn.Module):
    def __init__(self, layer_num, size):
        super().__init__()
        self.n = layer_num
        self.linear = nn.ModuleList([nn.Linear(size, size) for _ in range(self.n)])
        self.gate = nn.ModuleList([nn.Linear(size, size) for _ in range(self.n)])

    def forward(self, x):
        for gate_layer, linear in zip(self.gate, self.linear):
            gate = torch.sigmoid(gate_layer(x))
            nonlinear = F.relu(linear(x))
            x = gate * nonlinear + (1 - gate) * x
        return x


def examples():
    yield Highway(2, 4), (torch.rand(3, 4),)
