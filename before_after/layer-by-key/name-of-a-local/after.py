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

    def _call_classifier(self, name: str, x):
        if hasattr(self, "classifier0") and name == "classifier0":
            return self.classifier0(x)
        if hasattr(self, "classifier1") and name == "classifier1":
            return self.classifier1(x)
        raise AttributeError(name)

    def forward(self, x):
        out = []
        for i in range(self.parts):
            name = 'classifier' + str(i)
            part_out = self._call_classifier(name, x[:, :, i])
            out.append(part_out)
        return out


def examples():
    yield PartClassifier(3, 2), (torch.rand(2, 3, 2),)
