# Met in ported code: a Variable of a Variable, and one that is to collect gradients.
# torch.jit.script: Class Variable does not have an __init__ function defined
import torch
import torch.nn as nn
import torch.autograd


class Perturbed(nn.Module):
    def forward(self, x):
        noise = (x * 0.1).detach().clone().detach().requires_grad_(True)
        ones = (torch.tensor([1.0]) if x.dim() > 1 else x).detach()
        return x + noise, ones


def examples():
    yield Perturbed(), (torch.rand(2, 3),)
    yield Perturbed(), (torch.rand(2),)
