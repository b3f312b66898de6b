# Met in speech models: which recurrent layer it is, is given, and so is what its state is.
# torch.jit.script: Expected a value of type 'Optional[Tuple[Tensor, Tensor]]' for argument 'hx'
from typing import Optional, Tuple

import torch
import torch.nn as nn


class Recurrent(nn.Module):
    def __init__(self, size, kind=nn.LSTM):
        super().__init__()
        self.rnn = kind(input_size=size, hidden_size=size)

    def forward(self, x, h: Optional[Tuple[torch.Tensor, torch.Tensor]] = None):
        x, h = self.rnn(x, h)
        return x, h


def examples():
    yield Recurrent(3), (torch.rand(2, 1, 3),)
