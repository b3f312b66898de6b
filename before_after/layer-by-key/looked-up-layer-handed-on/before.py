# Met in multi-scale discriminators: the layers of one scale are gathered in a list and handed on.
# torch.jit.script: getattr's second argument must be a string literal
# Held back: is not called there and then
import torch
import torch.nn as nn


class MultiScale(nn.Module):
    def __init__(self, dim):
        super(MultiScale, self).__init__()
        self.layer0 = nn.Linear(dim, dim)
        self.layer1 = nn.Linear(dim, dim)

    def run(self, model, x):
        for layer in model:
            x = layer(x)
        return x

    def forward(self, x):
        model = [getattr(self, 'layer' + str(j)) for j in range(2)]
        return self.run(model, x)


def examples():
    yield MultiScale(3), (torch.rand(1, 3),)
