# Met in families of decoders: a step that a subclass refines, called on its base class by name.
# torch.jit.script: attribute lookup is not defined on python value of type 'type'
import torch
import torch.nn as nn


class HTTPDecoder(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.cell = nn.GRUCell(size, size)

    def step(self, x, *, h):
        return self._http_decoder_step(x, h=h)

    def _http_decoder_step(self, x, *, h):
        return self.cell(x, h)

    def forward(self, x, h):
        return self.step(x, h=h)


class ClampedDecoder(HTTPDecoder):
    def step(self, x, *, h):
        return self._http_decoder_step(x, h=h).clamp(-0.5, 0.5)


def examples():
    yield ClampedDecoder(4), (torch.rand(2, 4), torch.rand(2, 4))
