# Met in image translation: a list of devices that is empty on this machine.
# torch.jit.script: has no attribute 'gpu_ids'
import torch
import torch.nn as nn


class Generator(nn.Module):
    def __init__(self, dim, gpu_ids=[]):
        super(Generator, self).__init__()
        self.gpu_ids = gpu_ids
        self.model = nn.Linear(dim, dim)

    def forward(self, input):
        if len(self.gpu_ids) > 1:
            return nn.parallel.data_parallel(self.model, input, self.gpu_ids)
        return self.model(input)


def examples():
    yield Generator(3), (torch.rand(2, 3),)
