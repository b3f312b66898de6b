# Met in classifiers: features for the one who asks, another head for models that have one. What a
# flag decides for the compiler, too, is no way that is compiled.
# torch.jit.script: Previous return statement returned a value of type
from typing import Final

import torch
import torch.nn as nn


class Classifier(nn.Module):
    has_rotation: Final[bool]

    def __init__(self, dim, has_rotation=False):
        super().__init__()
        self.has_rotation = has_rotation
        self.fc = nn.Linear(dim, dim)

    def forward(self, x, features: bool = False, times: int = 1):
        out = self.fc(x)
        if features:
            if not torch.jit.is_scripting():
                return out, x
            else:
                raise NotImplementedError("not scripted: features")
        elif self.has_rotation:
            return out, out
        elif times > 1:
            return out * times
        return out


def examples():
    yield Classifier(3), (torch.rand(2, 3),)
