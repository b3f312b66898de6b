# Met in siamese networks: one method runs each of the branches, some in the arguments of others.
# torch.jit.script: cannot call a value of type 'Tensor'
import torch
import torch.nn as nn


class Branches(nn.Module):
    def __init__(self, dim):
        super(Branches, self).__init__()
        self.branch1 = nn.Linear(dim, dim)
        self.branch2 = nn.Linear(dim, dim)
        self.blocks = nn.ModuleList([nn.Linear(dim, dim), nn.ReLU()])

    def forward_one(self, block, x, scale):
        y = block(x)  # twice
        y = block(
            torch.relu(y),
        )
        return y * scale

    def _forward_one_with_branch1(self, x, scale: float):
        y = self.branch1(x)
        y = self.branch1(
            torch.relu(y),
        )
        return y * scale

    def _forward_one_with_branch2(self, x, scale: float):
        y = self.branch2(x)
        y = self.branch2(
            torch.relu(y),
        )
        return y * scale

    def _forward_one_with_blocks_1(self, x, scale: float):
        y = self.blocks[1](x)
        y = self.blocks[1](
            torch.relu(y),
        )
        return y * scale

    def forward(self, x):
        one = self._forward_one_with_branch1(self._forward_one_with_branch2(x, 0.5), 2.0)
        block = self.blocks[1]
        return (
            one
            + self._forward_one_with_blocks_1(x, scale=3.0)
            + self._forward_one_with_branch2(x, 1.0)
        )


def examples():
    yield Branches(3), (torch.rand(2, 3),)
