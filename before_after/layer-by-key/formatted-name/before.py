# Met in perceptual losses: the stages of an encoder, looked up in the table of modules.
# torch.jit.script: has no attribute '_modules'
import torch
import torch.nn as nn


class StageEncoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.enc_1 = nn.Conv2d(3, 4, 3)
        self.enc_2 = nn.Conv2d(4, 4, 3)
        self.enc_3 = nn.Conv2d(4, 5, 3)

    def forward(self, image):
        results = [image]
        for i in range(3):
            func = self._modules['enc_{:d}'.format(i + 1)]
            results.append(func(results[-1]))
        return results[1:]


def examples():
    yield StageEncoder(), (torch.rand(1, 3, 9, 9),)
