# Met in models that carry their loss: scripting never reaches the method that needs the layer.
# torch.jit.script: compiles
import torch
import torch.nn as nn
import torch.nn.functional as F


class Net(nn.Module):
    def __init__(self, dim, classes, with_loss=False):
        super(Net, self).__init__()
        self.fc = nn.Linear(dim, classes)
        if with_loss:
            self.criterion = nn.CrossEntropyLoss()

    def forward(self, x):
        return self.fc(x)

    def training_step(self, x, target):
        return self.criterion(self(x), target)


def examples():
    yield Net(4, 2, True), (torch.rand(2, 4),)
    yield Net(4, 2, False), (torch.rand(2, 4),)
