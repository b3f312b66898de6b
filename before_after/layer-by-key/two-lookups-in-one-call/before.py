# Met in image translation at high resolution: pairs of layers to go down and up again.
# torch.jit.script: getattr's second argument must be a string literal
import torch
import torch.nn as nn


class Enhancer(nn.Module):
    def __init__(self, dim, levels):
        super(Enhancer, self).__init__()
        self.levels = levels
        for n in range(1, levels + 1):
            setattr(self, 'model' + str(n) + '_1', nn.Linear(dim, dim))
            setattr(self, 'model' + str(n) + '_2', nn.Linear(dim, dim))

    def forward(self, input):
        out = input
        for n in range(1, self.levels + 1):
            down = getattr(self, 'model' + str(n) + '_1')
            up = getattr(self, 'model' + str(n) + '_2')
            out = up(down(input) + out)
        return out


def examples():
    yield Enhancer(3, 2), (torch.rand(1, 3),)
