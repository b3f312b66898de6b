# Met in transformers: rates and epsilons come from a configuration, where a 0 is written as an int.
# torch.jit.script: Expected a value of type 'float' for argument
import torch
import torch.nn as nn


class Config:
    hidden_size = 4
    dropout = 0
    eps = 1


class Output(nn.Module):
    def __init__(self, config, rate=0):
        super(Output, self).__init__()
        self.dense = nn.Linear(config.hidden_size, config.hidden_size)
        self.norm = nn.LayerNorm(config.hidden_size, eps=float(config.eps))
        self.dropout = nn.Dropout(float(config.dropout))
        self.last = nn.Dropout(float(rate))

    def forward(self, x, residual):
        x = self.dropout(self.dense(x))
        return self.last(self.norm(x + residual))


def examples():
    yield Output(Config()), (torch.rand(2, 4), torch.rand(2, 4))
