# Met in new code: inference mode, which TorchScript does not know.
# torch.jit.script: undefined value torch
# Held back: TorchScript has no torch.inference_mode
import torch
import torch.nn as nn


class Frozen(nn.Module):
    @torch.inference_mode()
    def forward(self, x):
        return torch.relu(x)


def examples():
    yield Frozen(), (torch.rand(2, 3),)
