# Met in speech and language models: the state that an LSTM is given is a tuple.
# torch.jit.script: Arguments for call are not valid
import torch
import torch.nn as nn


class Predictor(nn.Module):
    def __init__(self, vocab, dim):
        super(Predictor, self).__init__()
        self.embed = nn.Embedding(vocab, dim)
        self.lstm = nn.LSTM(dim, dim, batch_first=True)

    def forward(self, tokens, state=None):
        out, state = self.lstm(self.embed(tokens), state)
        return out, state


class Twice(nn.Module):
    def __init__(self):
        super(Twice, self).__init__()
        self.predictor = Predictor(5, 3)

    def forward(self, tokens):
        out, state = self.predictor(tokens)
        out, _ = self.predictor(tokens, state)
        return out


def examples():
    yield Twice(), (torch.tensor([[0, 3, 1]]),)
