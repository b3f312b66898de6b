# Met in short code: torch goes by another name, and two statements stand on one line.
# torch.jit.script: SetComp aren't supported
import torch as th
import torch.nn as nn


class Encoder(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.rnn = nn.RNN(dim, dim)

    def forward(self, x):
        if not th.jit.is_scripting():
            self.rnn.flatten_parameters()
        y = self.rnn(x)
        return y[0]


def examples():
    yield Encoder(3), (th.rand(4, 2, 3),)
