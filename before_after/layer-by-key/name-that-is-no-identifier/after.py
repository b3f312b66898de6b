# Met in refinement networks: names that begin with a number, which only getattr can read.
# torch.jit.script: getattr's second argument must be a string literal
import torch
import torch.nn as nn


class ChainedPooling(nn.Module):
    def __init__(self, dim, n_stages):
        super(ChainedPooling, self).__init__()
        for i in range(n_stages):
            setattr(self, '{}_{}'.format(i + 1, 'pointwise'), nn.Conv2d(dim, dim, 1, bias=False))
        self.n_stages = n_stages
        self.maxpool = nn.MaxPool2d(kernel_size=5, stride=1, padding=2)

    def _call_pointwise(self, name: str, top):
        if hasattr(self, "1_pointwise") and name == "1_pointwise":
            return getattr(self, "1_pointwise")(top)
        if hasattr(self, "2_pointwise") and name == "2_pointwise":
            return getattr(self, "2_pointwise")(top)
        raise AttributeError(name)

    def forward(self, x):
        top = x
        for i in range(self.n_stages):
            top = self.maxpool(top)
            top = self._call_pointwise('{}_{}'.format(i + 1, 'pointwise'), top)
            x = top + x
        return x


def examples():
    yield ChainedPooling(3, 2), (torch.rand(1, 3, 6, 6),)
