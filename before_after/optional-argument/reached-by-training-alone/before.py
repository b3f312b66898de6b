# Met in models that bring their own training step: scripting never comes there.
# torch.jit.script: compiles
import torch
import torch.nn as nn


class Classifier(nn.Module):
    def __init__(self, dim=4, weights=None):
        super(Classifier, self).__init__()
        self.fc = nn.Linear(dim, 2)
        self.reset(weights)

    def reset(self, weights=None):
        if weights is not None:
            self.fc.weight.data.copy_(weights)

    def loss(self, x, target, class_weight=None):
        return nn.functional.cross_entropy(self.fc(x), target, weight=class_weight)

    def forward(self, x):
        return self.fc(x)


def examples():
    yield Classifier(), (torch.rand(2, 4),)
