# Met in probabilistic classifiers: an argument says how much is returned.
# torch.jit.script: Previous return statement returned a value of type Tuple[Tensor, Tensor, Tensor]
from typing import Tuple, Union

import torch
import torch.nn as nn


class Classifier(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.fc = nn.Linear(size, 4)

    def forward(
        self, x, return_all: bool = False, return_p: bool = False
    ) -> Union[
        Tuple[torch.Tensor, torch.Tensor, torch.Tensor],
        Tuple[torch.Tensor, torch.Tensor],
        torch.Tensor,
    ]:
        logits = self.fc(x)
        p = logits.softmax(dim=1)
        if return_all:
            return logits, p, x
        if return_p:
            return logits, p
        return logits


def examples():
    yield Classifier(3), (torch.rand(2, 3),)
    yield Classifier(3), (torch.rand(2, 3), True)
    yield Classifier(3), (torch.rand(2, 3), False, True)
