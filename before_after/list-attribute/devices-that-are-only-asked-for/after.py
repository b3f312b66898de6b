# Met in image translation: a list of devices that is empty where there are none.
# torch.jit.script: List trace inputs must have elements
from typing import List

import torch
import torch.nn as nn


class Generator(nn.Module):
    gpu_ids: List[int]

    def __init__(self, gpu_ids=[]):
        super().__init__()
        self.gpu_ids = gpu_ids

    def forward(self, x):
        if len(self.gpu_ids) > 1:
            x = x * 2
        return x + 1


def examples():
    yield Generator(), (torch.rand(2, 3),)
