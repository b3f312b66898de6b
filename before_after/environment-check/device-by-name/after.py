# Met in transformers: the device is worked out anew in each call.
# torch.jit.script: attribute lookup is not defined on python value of type 'module'
import torch
from torch import nn
from torch.cuda import is_available


class Positions(nn.Module):
    def forward(self, x):
        device = torch.device(
            "cuda" if (False if torch.jit.is_scripting() else is_available()) else "cpu"
        )
        use_cuda = False if torch.jit.is_scripting() else is_available()
        places = torch.arange(x.size(1), device=device)
        if use_cuda:
            places = places.cuda()
        return x + places


def examples():
    yield Positions(), (torch.rand(2, 3),)
