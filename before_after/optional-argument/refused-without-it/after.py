# Met in decoders that check their input: after the raise, the compiler knows that it is there.
# torch.jit.script: compiles
# torch.jit.save: strides() called on an undefined Tensor
from typing import Optional

import torch
import torch.nn as nn


class Decoder(nn.Module):
    def __init__(self, dim):
        super(Decoder, self).__init__()
        self.rnn = nn.GRU(dim, dim, batch_first=True)

    def forward(self, x, memory: Optional[torch.Tensor] = None):
        if memory is None:
            raise ValueError("the decoder needs the memory of the encoder")
        out, _ = self.rnn(x, memory.mean(1).unsqueeze(0))
        return out


def examples():
    yield Decoder(3), (torch.rand(2, 4, 3), torch.rand(2, 5, 3))
