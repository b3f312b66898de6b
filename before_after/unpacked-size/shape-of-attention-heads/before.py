# Met in transformers: the hidden size is split into heads by a shape that is worked out.
# torch.jit.script: cannot statically infer the expected size of a list in this context
import torch
import torch.nn as nn


class SelfAttention(nn.Module):
    def __init__(self, hidden, heads):
        super(SelfAttention, self).__init__()
        self.heads = heads
        self.head_size = hidden // heads
        self.query = nn.Linear(hidden, hidden)
        self.key = nn.Linear(hidden, hidden)

    def split_heads(self, x):
        new_shape = x.size()[:-1] + (self.heads, self.head_size)
        x = x.view(*new_shape)
        return x.permute(0, 2, 1, 3)

    def forward(self, x):
        scores = torch.matmul(
            self.split_heads(self.query(x)), self.split_heads(self.key(x)).transpose(-1, -2)
        )
        flat = scores.size()[:-2] + (scores.size(-2) * scores.size(-1),)
        return scores.contiguous().view(*flat)


def examples():
    yield SelfAttention(8, 2), (torch.rand(2, 5, 8),)
