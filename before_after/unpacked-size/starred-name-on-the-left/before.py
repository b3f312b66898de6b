# Met in layers for any number of dimensions: all sizes but the first or the last go to one name.
# torch.jit.script: cannot statically infer the expected size of a list in this context
import torch
import torch.nn as nn


class TokenMixer(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.proj = nn.Linear(dim, dim)

    def flatten(self, x):
        batch, channels, *rest = x.shape
        return x.reshape(batch * channels, -1), rest

    def forward(self, x):
        *dims, tokens, hidden = x.size()
        y = self.proj(x.reshape(-1, hidden)).view(dims + [tokens, hidden])
        flat, rest = self.flatten(y)
        batch, *others = y.shape
        return flat.sum() + len(rest) + len(others) + batch, y


def examples():
    yield TokenMixer(4), (torch.rand(2, 3, 5, 4),)
