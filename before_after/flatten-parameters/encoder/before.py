# Met in encoders of text and speech: the weights may have been copied apart by DataParallel.
# torch.jit.script: SetComp aren't supported
import torch
import torch.nn as nn


class Encoder(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.lstm = nn.LSTM(dim, dim, batch_first=True)

    def forward(self, x):
        # cuDNN wants them in one piece
        self.lstm.flatten_parameters()
        y, _ = self.lstm(x)
        return y


def examples():
    yield Encoder(3), (torch.rand(2, 4, 3),)
