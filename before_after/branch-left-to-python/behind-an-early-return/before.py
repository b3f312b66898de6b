# Met in generators: with the features everything is done; what follows is an older way.
# torch.jit.script: has no attribute or method
from torch import nn, rand


class Generator(nn.Module):
    def __init__(self, dim, simple=True):
        super().__init__()
        self.simple = simple
        self.fc = nn.Linear(dim, dim)

    def forward(self, x):
        with_bias = self.fc(x)
        if self.simple:
            return with_bias

        # The old way.
        noise = with_bias.noise_like(0.1)
        if noise.sum() > 0:
            return with_bias + noise
        return with_bias - noise
        # Not used any more.


def examples():
    yield Generator(3), (rand(2, 3),)
