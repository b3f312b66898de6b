# Met in multi-task networks: the caller says which layer. A negative number counts from the end.
# torch.jit.script: Expected integer literal for index
import torch
import torch.nn as nn


class Block(nn.Module):
    def __init__(self, k_in, k_out_list):
        super(Block, self).__init__()
        block_in, block_out = [], []
        for k in k_out_list:
            block_in.append(nn.Conv2d(k_in, k_in // 4, 1))
            block_out.append(nn.Conv2d(k_in // 4, k_in, 1))
        self.block_in = nn.ModuleList(block_in)
        self.block_out = nn.ModuleList(block_out)
        self.norms = nn.ModuleList([nn.BatchNorm2d(k_in) for _ in k_out_list])

    def forward(self, x, mode: int = 0):
        for i, (norm, block_out, block_in) in enumerate(
            zip(self.norms, self.block_out, self.block_in)
        ):
            if i == mode or i == mode + len(self.norms):
                x = norm(x)
                x_tmp = torch.relu(x + block_out(block_in(x)))
                return x_tmp
        raise IndexError("index out of range")


def examples():
    model = Block(8, [1, 2, 3])
    yield model, (torch.rand(1, 8, 4, 4),)
    yield model, (torch.rand(1, 8, 4, 4), 2)
    yield model, (torch.rand(1, 8, 4, 4), -1)
    yield model, (torch.rand(1, 8, 4, 4), 3)
