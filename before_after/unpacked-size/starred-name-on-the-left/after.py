# Met in layers for any number of dimensions: all sizes but the first or the last go to one name.
# torch.jit.script: cannot statically infer the expected size of a list in this context
import torch
import torch.nn as nn


class TokenMixer(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.proj = nn.Linear(dim, dim)

    def flatten(self, x):
        batch, channels = x.shape[:2]
        rest = list(x.shape[2:])
        return x.reshape(batch * channels, -1), rest

    def forward(self, x):
        tokens, hidden = x.size()[-2:]
        dims = list(x.size()[:-2])
        y = self.proj(x.reshape(-1, hidden)).view(dims + [tokens, hidden])
        flat, rest = self.flatten(y)
        batch = y.shape[0]
        others = list(y.shape[1:])
        return flat.sum() + len(rest) + len(others) + batch, y


def examples():
    yield TokenMixer(4), (torch.rand(2, 3, 5, 4),)
