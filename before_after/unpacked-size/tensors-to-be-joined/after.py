# Met in pyramid pooling: the outputs are listed as they come, and joined as a tuple.
# torch.jit.script: cannot statically infer the expected size of a list in this context
import torch
import torch.nn as nn


class Pyramid(nn.Module):
    def __init__(self, dim, count):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(dim, dim) for _ in range(count)])

    def forward(self, x):
        outs = [x]
        for layer in self.layers:
            outs.append(layer(x))
        out = torch.cat(outs, dim=1)
        pairs = torch.stack([out * i for i in range(2)])
        return torch.cat([pairs[0]] + list(outs), 1)


def examples():
    yield Pyramid(3, 2), (torch.rand(2, 3),)
