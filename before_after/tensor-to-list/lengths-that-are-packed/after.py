# Met in encoders of sentences: a padded batch is packed by its lengths.
# torch.jit.script: Expected type hint for result of tolist()
from typing import List

import torch
import torch.nn as nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.GRU(3, 4, batch_first=True)

    def forward(self, x, lengths):
        packed = pack_padded_sequence(
            x, torch.jit.annotate(List[int], lengths.data.tolist()), batch_first=True
        )
        output, hidden = self.rnn(packed)
        padded, _ = pad_packed_sequence(output, batch_first=True)
        return padded


def examples():
    yield Encoder(), (torch.rand(2, 5, 3), torch.tensor([5, 2]))
