# Met in part-based recognition: one classifier a part, its name kept in a local.
# torch.jit.script: getattr's second argument must be a string literal
import torch
import torch.nn as nn


class PartClassifier(nn.Module):
    def __init__(self, dim, classes):
        super().__init__()
        self.parts = 2
        self.classifier0 = nn.Linear(dim, classes)
        self.classifier1 = nn.Linear(dim, classes)

    def forward(self, x):
        out = []
        for i in range(self.parts):
            name = 'classifier' + str(i)
            classifier = getattr(self, name)
            part_out = classifier(x[:, :, i])
            out.append(part_out)
        return out


def examples():
    yield PartClassifier(3, 2), (torch.rand(2, 3, 2),)
