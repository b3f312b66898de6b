# Met in decoders: the list has the name of what it is made of, and so have its elements.
# torch.jit.script: Comprehension ifs are not supported yet
from typing import List

import torch
import torch.nn as nn


class Decoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = 2.0

    def forward(self, xs: List[torch.Tensor], x: torch.Tensor):
        xs_list = []
        for each_x in xs:
            if each_x.size(0) > 1:
                xs_list.append(each_x * self.scale)
        xs = xs_list
        return torch.cat(xs) + x


def examples():
    yield Decoder(), ([torch.rand(2, 3), torch.rand(1, 3)], torch.rand(3))
