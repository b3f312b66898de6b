# Met in HRNet and mixture models: a ModuleList of ModuleLists.
# torch.jit.script: Expected integer literal for index
import torch
import torch.nn as nn


class Grid(nn.Module):
    def __init__(self, dim, rows, columns):
        super(Grid, self).__init__()
        self.rows = rows
        self.columns = columns
        self.blocks = nn.ModuleList(
            [nn.ModuleList([nn.Linear(dim, dim) for _ in range(columns)]) for _ in range(rows)]
        )

    def forward(self, x):
        for block in self.blocks:
            y = block[0](x)
            for block_layer in block:
                y = y + block_layer(x)
            x = torch.relu(y)
        return x


def examples():
    yield Grid(3, 2, 3), (torch.rand(2, 3),)
