# Met in BERT and its kin: a number of the configuration says whether weights are returned as well.
# torch.jit.script: if-expression's true branch has type Tuple[Tensor, Tensor] but false branch has type Tuple[Tensor]
import torch
import torch.nn as nn


class Config:
    def __init__(self, dim, output_attentions):
        self.dim = dim
        self.output_attentions = output_attentions


class Attention(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.output_attentions = config.output_attentions
        self.query = nn.Linear(config.dim, config.dim)

    def forward(self, x):
        weights = self.query(x).softmax(-1)
        outputs = (weights @ x, weights) if self.output_attentions else (weights @ x,)
        return outputs


class Layer(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.mode = "sum" if config.output_attentions else "list"
        self.attention = Attention(config)

    def forward(self, x):
        y = self.attention(x)[0]
        if self.mode == "list":
            out = [y, x]
        else:
            out = y + x
        return out


def examples():
    yield Layer(Config(3, 2)), (torch.rand(3, 3),)
    yield Layer(Config(3, 0)), (torch.rand(3, 3),)
    yield Attention(Config(3, 1)), (torch.rand(3, 3),)
