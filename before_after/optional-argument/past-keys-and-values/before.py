# Met in language models: the cache of a layer is a pair, and there is none at first.
# torch.jit.script: Tensor (inferred) cannot be used as a tuple
import torch
import torch.nn as nn


class Attention(nn.Module):
    def forward(self, x, past=None):
        k, v = x, 2 * x
        if past is not None:
            past_k, past_v = past
            k = torch.cat([past_k, k], 0)
            v = torch.cat([past_v, v], 0)
        return (x @ k.t()).softmax(-1) @ v


def examples():
    yield Attention(), (torch.rand(2, 3),)
