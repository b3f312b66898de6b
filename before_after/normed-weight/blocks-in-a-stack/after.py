# Met in text matching: small classes around a normed layer, many of them in one model.
# torch.jit.script: 'WeightNorm' object has no attribute '__name__'
import copy
from typing import Tuple

import torch
from torch import nn
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


class Dense(nn.Module):
    def __init__(self, inside, outside):
        super().__init__()
        self.layers = nn.Sequential(weight_norm(nn.Linear(inside, outside)), nn.ReLU())

    def __prepare_scriptable__(self):
        return _with_compiled_norms(self)

    def forward(self, x):
        return self.layers(x)


class Stack(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.blocks = nn.Sequential(Dense(2 * dim, dim), Dense(dim, 3 * dim), Dense(3 * dim, 1))

    def forward(self, a, b):
        return self.blocks(torch.cat([a, b], -1))


def examples():
    yield Stack(4), (torch.rand(2, 4), torch.rand(2, 4))
