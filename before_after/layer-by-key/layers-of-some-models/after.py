# Met in hourglass networks: the deeper levels are only there in the deeper model.
# torch.jit.script: getattr's second argument must be a string literal
import torch
import torch.nn as nn


class Pyramid(nn.Module):
    def __init__(self, dim, deep):
        super(Pyramid, self).__init__()
        self.levels = 2 if deep else 1
        self.level_0 = nn.Linear(dim, dim)
        if deep:
            self.level_1 = nn.Linear(dim, dim)

    def _call_level(self, name: str, x):
        if hasattr(self, "level_0") and name == "level_0":
            return self.level_0(x)
        if hasattr(self, "level_1") and name == "level_1":
            return self.level_1(x)
        raise AttributeError(name)

    def run(self, i: int, x):
        return torch.relu(self._call_level('level_%d' % i, x))

    def forward(self, x):
        for i in range(self.levels):
            x = self.run(i, x)
        return x


def examples():
    yield Pyramid(3, True), (torch.rand(1, 3),)
    yield Pyramid(3, False), (torch.rand(1, 3),)
