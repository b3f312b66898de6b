# Met in older training scripts: `torch.save(model)`. A model from such a file has no attribute that
# `__init__` would only give it now.
# torch.jit.script: Module 'Classifier' has no attribute 'hidden'
import torch
import torch.nn as nn
import torch.nn.functional as F


class Classifier(nn.Module):
    def __init__(self, dim, classes, deep):
        super(Classifier, self).__init__()
        self.deep = deep
        if deep:
            self.hidden = nn.Linear(dim, dim)
        self.out = nn.Linear(dim, classes)

    def forward(self, x):
        if self.deep:
            x = F.relu(self.hidden(x))
        return self.out(x)


def save(model, path):
    torch.save(model, path)


def examples():
    yield Classifier(4, 2, True), (torch.rand(2, 4),)
    yield Classifier(4, 2, False), (torch.rand(2, 4),)
