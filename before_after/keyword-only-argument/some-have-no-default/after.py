# Met in decoders: of what is keyword-only, one has to be given.
# torch.jit.script: use keyword-only arguments with defaults
import torch
import torch.nn as nn


class Decoder(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.fc = nn.Linear(dim, dim)

    def decode(self, x, memory, scale: float = 2.0):
        return self.fc(x) * scale + memory

    def forward(self, x):
        x = self.decode(x, memory=x)
        return self.decode(x, memory=x, scale=0.5)


def examples():
    yield Decoder(2), (torch.rand(2, 2),)
