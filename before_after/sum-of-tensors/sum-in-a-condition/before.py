# Met in ensembles: the sum of all members is asked for only at times.
# torch.jit.script: Expected a value of type 'Tensor' for argument 'self' but instead found type 'List[Tensor]'
# Held back: it is not always worked out where it stands
import torch
import torch.nn as nn


class Ensemble(nn.Module):
    def __init__(self, dim, together: bool):
        super().__init__()
        self.together = together
        self.first = nn.Linear(dim, dim)

    def forward(self, x):
        parts = [self.first(x), x]
        return sum(parts) if x.size(0) > 1 else x


def examples():
    yield Ensemble(2, True), (torch.rand(2, 2),)
