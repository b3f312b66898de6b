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

    def forward(self, x):
        one = self.forward_one(self.branch1, self.forward_one(self.branch2, x, 0.5), 2.0)
        block = self.blocks[1]
        return one + self.forward_one(block, x, scale=3.0) + self.forward_one(self.branch2, x, 1.0)


def examples():
    yield Branches(3), (torch.rand(2, 3),)
