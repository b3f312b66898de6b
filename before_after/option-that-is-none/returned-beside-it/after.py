# Met in recurrent layers: a state comes back where one is given.
# torch.jit.script: Expected a proper Tensor but got None
import torch
import torch.nn as nn


class Step(nn.Module):
    def forward(
        self,
        x,
        state: None = None,  # of the last step
    ):
        x = x + 1
        if state is not None:
            return x * state, state
        return x


def examples():
    yield Step(), (torch.rand(2, 3),)
