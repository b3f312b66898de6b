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
        for i in range(len(self.blocks)):
            y = self.blocks[i][0](x)
            for j in range(len(self.blocks[i])):
                y = y + self.blocks[i][j](x)
            x = torch.relu(y)
        return x


def examples():
    yield Grid(3, 2, 3), (torch.rand(2, 3),)
