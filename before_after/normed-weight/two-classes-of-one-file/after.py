# Met in codecs: normed layers in the model and in its blocks.
# torch.jit.script: 'WeightNorm' object has no attribute '__name__'
import copy
from typing import Tuple

import torch
import torch.nn as nn
from torch.nn.utils import weight_norm
from torch.nn.utils.weight_norm import WeightNorm

SIZE = 3


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


class Block(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.linear = weight_norm(nn.Linear(size, size), dim=None)

    def __prepare_scriptable__(self):
        return _with_compiled_norms(self)

    def forward(self, x):
        return torch.relu(self.linear(x))


class Codec(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = weight_norm(nn.Linear(SIZE, SIZE))
        self.blocks = nn.Sequential(Block(SIZE), Block(SIZE))

    def __prepare_scriptable__(self):
        return _with_compiled_norms(self)

    def forward(self, x):
        return self.blocks(self.first(x))


def examples():
    yield Codec(), (torch.rand(2, 3),)
