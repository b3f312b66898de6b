# Met in attention layers: of a tuple that is written out the compiler knows the length.
# torch.jit.script: compiles
import torch
import torch.nn as nn


class MultiHeadedAttention(nn.Module):
    def __init__(self, heads, width):
        super(MultiHeadedAttention, self).__init__()
        self.heads = heads
        self.size = width // heads
        self.projections = nn.ModuleList([nn.Linear(width, width) for _ in range(3)])
        self.output = nn.Linear(width, width)

    def forward(self, query, key, value):
        batch = query.size(0)
        query, key, value = [
            layer(x).view(batch, -1, self.heads, self.size).transpose(1, 2)
            for layer, x in zip(self.projections, (query, key, value))
        ]
        weights = torch.softmax(torch.matmul(query, key.transpose(-2, -1)), dim=-1)
        x = torch.matmul(weights, value).transpose(1, 2).contiguous()
        return self.output(x.view(batch, -1, self.heads * self.size))


def examples():
    x = torch.rand(2, 3, 8)
    yield MultiHeadedAttention(2, 8), (x, x, x)
