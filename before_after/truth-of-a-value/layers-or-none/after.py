# Met in classifiers on handmade features: what precedes them is a Sequential, which may be empty.
# torch.jit.script: Could not cast value of type
import torch
import torch.nn as nn


class Classifier(nn.Module):
    def __init__(self, dim, features):
        super(Classifier, self).__init__()
        self.features = features
        self.head = nn.Linear(dim, 2)

    def forward(self, x):
        if (len(self.features) > 0 if self.features is not None else False):
            x = self.features(x)
        return self.head(x)


def examples():
    yield Classifier(3, nn.Sequential(nn.Linear(3, 3), nn.ReLU())), (torch.rand(2, 3),)
    yield Classifier(3, nn.Sequential()), (torch.rand(2, 3),)
    yield Classifier(3, None), (torch.rand(2, 3),)
