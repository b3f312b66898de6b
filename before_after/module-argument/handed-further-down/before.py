# Met in detection: the heads are handed through two methods, and one is annotated.
# torch.jit.script: Unknown type name 'nn.Module'
import torch
import torch.nn as nn


class Detector(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.heads = nn.ModuleList([nn.Linear(dim, 2) for _ in range(3)])
        self.neck = nn.Linear(dim, dim)

    @staticmethod
    def run_all(heads, x):
        outputs = []
        for head in heads:
            outputs.append(head(x))
        return torch.cat(outputs, dim=-1)

    def detect(self, neck: nn.Module, x, heads):
        return self.run_all(heads, neck(x))

    def forward(self, x):
        return self.detect(self.neck, x, self.heads)


def examples():
    yield Detector(3), (torch.rand(2, 3),)
