# Met in vocoders: every convolution has a norm.
# torch.jit.script: 'WeightNorm' object has no attribute '__name__'
import copy
from typing import Tuple

import torch
import torch.nn as nn
from torch.nn.utils import weight_norm
from torch.nn.utils.weight_norm import WeightNorm


def _compiled_weight_norm(self, inputs: Tuple[torch.Tensor]) -> None:
    self.weight = torch._weight_norm(self.weight_v, self.weight_g, self.weight_norm_dim)


def _with_compiled_norms(module):
    """A copy of a module, its parameters shared, for torch.jit.script: it compiles hooks that are
    functions, and weight_norm and spectral_norm are objects."""
    made = copy.copy(module)
    made.compiled_from = (module,)  # kept: torch.jit.script tells modules apart by their id
    children = module._modules.items()
    made._modules = {k: c if c is None else _with_compiled_norms(c) for k, c in children}
    made._forward_pre_hooks = module._forward_pre_hooks.copy()
    for key, hook in module._forward_pre_hooks.items():
        if isinstance(hook, WeightNorm) and hook.name == "weight":
            made.weight_norm_dim = hook.dim
            made._forward_pre_hooks[key] = _compiled_weight_norm
    return made


class ResBlock(nn.Module):
    def __init__(self, channels, dilations=(1, 3)):
        super().__init__()
        self.convs = nn.ModuleList([
            weight_norm(nn.Conv1d(channels, channels, 3, padding=d, dilation=d)) for d in dilations
        ])

    def __prepare_scriptable__(self):
        return _with_compiled_norms(self)

    def forward(self, x):
        for conv in self.convs:
            x = x + conv(torch.relu(x))
        return x


def examples():
    yield ResBlock(2), (torch.rand(1, 2, 5),)
