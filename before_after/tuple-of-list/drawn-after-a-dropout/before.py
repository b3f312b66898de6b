# Met in models with several heads: what stands ahead in the tuple draws random numbers first.
# torch.jit.script: cannot statically infer the expected size of a list in this context
# Held back: what stands ahead of it in the tuple would be worked out after it
import torch
import torch.nn as nn


class Noisy(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.heads = nn.ModuleList([nn.Linear(dim, 2) for _ in range(2)])

    def forward(self, x):
        return torch.rand_like(x), tuple([torch.rand_like(head(x)) for head in self.heads])


def examples():
    yield Noisy(3), (torch.rand(2, 3),)
