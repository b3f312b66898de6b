# Met in noisy linear layers: a formula that is used twice gets a name.
# torch.jit.script: Lambda aren't supported
import torch
import torch.nn as nn


class NoisyLinear(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.fc = nn.Linear(size, size)

    def forward(self, x, noise_in, noise_out):
        eps = (torch.sign(noise_in) * torch.sqrt(torch.abs(noise_in))) * (
            torch.sign(noise_out) * torch.sqrt(torch.abs(noise_out))
        )
        return self.fc(x) + 2 * (torch.sign(eps) * torch.sqrt(torch.abs(eps)))


def examples():
    yield NoisyLinear(4), (torch.rand(2, 4), torch.randn(4), torch.randn(4))
