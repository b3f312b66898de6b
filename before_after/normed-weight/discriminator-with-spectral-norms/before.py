# Met in GANs: a discriminator whose layers are normed.
# torch.jit.script: 'SpectralNorm' object has no attribute '__name__'
import torch
from torch import nn


class Discriminator(nn.Module):
    """Real or not."""

    def __init__(self):
        super().__init__()
        norm = nn.utils.spectral_norm
        self.body = nn.Sequential(norm(nn.Conv2d(3, 4, 3)), nn.LeakyReLU(0.1), nn.Flatten())
        self.head = norm(nn.Linear(16, 1), n_power_iterations=2)

    def forward(self, x):
        return self.head(self.body(x))


def examples():
    yield Discriminator().eval(), (torch.rand(2, 3, 4, 4),)
