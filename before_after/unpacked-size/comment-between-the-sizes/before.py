# Met in attention: what each size stands for is said beside it.
# torch.jit.script: cannot statically infer the expected size of a list in this context
# Held back: a comment stands inside of what would be written anew
import torch
import torch.nn as nn


class Heads(nn.Module):
    def forward(self, x):
        return x.view(
            *x.shape[:-1],  # batch and time
            2,  # heads
            -1,
        )


def examples():
    yield Heads(), (torch.rand(2, 3, 4),)
