# Met in models that take images: the means of the data set they were trained on.
# torch.jit.script: cannot be used as a value
import torch
import torch.nn as nn

MEAN = (0.485, 0.456, 0.406)


class Normalize(nn.Module):
    def forward(self, x):
        mean = torch.tensor(MEAN).to(x)
        return x - mean.view(-1, 1, 1) - MEAN[0]


def examples():
    yield Normalize(), (torch.rand(1, 3, 2, 2),)
