# Met in speech recognition: a base class has a method of the same name, which does compile then.
# torch.jit.script: SetComp aren't supported
import torch
import torch.nn as nn


class Base(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.lstm = nn.LSTM(dim, dim)

    def flatten_parameters(self):
        self.lstm.flatten_parameters()


class Tagger(Base):
    def forward(self, x):
        if self.training:
            self.flatten_parameters()
        return self.lstm(x)[0]


class Twice(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.tagger = Tagger(dim)

    def forward(self, x):
        self.tagger.flatten_parameters()
        return self.tagger(self.tagger(x))


def examples():
    yield Tagger(3), (torch.rand(4, 2, 3),)
    yield Twice(3), (torch.rand(4, 2, 3),)
