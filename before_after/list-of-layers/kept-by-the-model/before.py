# Met in small networks: the layers have names, and a list to go through them.
# torch.jit.script: Cannot infer concrete type of torch.nn.Module
import torch
import torch.nn as nn
import torch.nn.functional as F


class Classifier(nn.Module):
    def __init__(self, dim):
        super(Classifier, self).__init__()
        self.fc1 = nn.Linear(dim, dim)
        self.fc2 = nn.Linear(dim, dim)
        self.fc3 = nn.Linear(dim, dim)
        self.layers = [self.fc1, self.fc2, self.fc3]

    def forward(self, x):
        x = x - self.layers[0](x)
        for i, layer in enumerate(self.layers):
            if i < len(self.layers) - 1:
                x = F.relu(layer(x))
            else:
                x = layer(x)  # the last
        return [head(x) for head in (self.fc1, self.fc2)], x


def examples():
    yield Classifier(3), (torch.rand(2, 3),)
