# Met in blocks that go on after it: what is computed under the filter is used below.
# torch.jit.script: def __exit__(self, *exc_info)
import warnings

import torch
import torch.nn as nn


class Fast(nn.Module):
    def __init__(self):
        super().__init__()
        self.pool = nn.MaxPool2d(3, stride=1, padding=1)

    def forward(self, x):
        if torch.jit.is_scripting():
            first = self.pool(x)
            if x.mean() > 0:
                first = first + 1
            second = self.pool(first)
        else:
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", message="Named tensors")
                first = self.pool(x)
                if x.mean() > 0:
                    first = first + 1

                second = self.pool(first)
        return torch.cat([x, first, second, self.pool(second)], 1)


def examples():
    yield Fast(), (torch.rand(1, 2, 6, 6),)
