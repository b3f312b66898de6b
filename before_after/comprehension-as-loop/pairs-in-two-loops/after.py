# Met in recommenders: the products of all pairs of fields.
# torch.jit.script: Only a single generator is currently supported
import torch
import torch.nn as nn


class Products(nn.Module):
    def forward(self, x):
        n = x.size(1)
        outputs = []
        for i in range(n):
            for j in range(n):
                if i < j:
                    outputs.append(x[:, i] * x[:, j])
        return torch.stack(outputs, dim=1)


def examples():
    yield Products(), (torch.rand(2, 3, 4),)
