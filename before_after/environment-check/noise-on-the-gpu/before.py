# Met in variational autoencoders: what is drawn is put where the model is thought to be.
# torch.jit.script: attribute lookup is not defined on python value of type 'module'
import torch
import torch.nn as nn


class Sampling(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.mean = nn.Linear(dim, dim)

    def forward(self, x):
        mean = self.mean(x)
        noise = torch.ones(mean.size())
        # The GPU, if there is one.
        if torch.cuda.is_available():
            noise = noise.cuda()
        return mean + noise


def examples():
    yield Sampling(3), (torch.rand(2, 3),)
