# Met in patch networks: the side comes out of a dictionary of settings.
# torch.jit.script: but instead found type 'float'
# Held back: is not known to be a whole number
from typing import Dict

import torch
import torch.nn as nn


class Tiles(nn.Module):
    settings: Dict[str, int]

    def __init__(self, settings):
        super().__init__()
        self.settings = settings

    def forward(self, x):
        return x.view(-1, self.settings["side"] ** 2)


def examples():
    yield Tiles(dict(side=2)), (torch.rand(2, 4),)
