# Met in transformers: the encoder hands its mask to each block, and the block to its attention.
# torch.jit.script: compiles
# torch.jit.save: strides() called on an undefined Tensor
import torch
from torch import nn, Tensor


class Attention(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.proj = nn.Linear(dim, dim)

    def forward(self, x, mask=None):
        attn = self.proj(x) @ x.transpose(-1, -2)
        if mask is not None:
            attn = attn.masked_fill(~mask, float('-inf'))
        return attn.softmax(-1) @ x


class Block(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.norm = nn.LayerNorm(dim)
        self.attn = Attention(dim)

    def forward(self, x, mask=None):
        return x + self.attn(self.norm(x), mask)


class Encoder(nn.Module):
    def __init__(self, dim, depth=2):
        super().__init__()
        self.blocks = nn.ModuleList([Block(dim) for _ in range(depth)])

    def forward(self, x: Tensor, mask=None):
        for block in self.blocks:
            x = block(x, mask=mask)
        return x


def examples():
    yield Encoder(4), (torch.rand(1, 3, 4), torch.ones(1, 3, 3, dtype=torch.bool).tril())
