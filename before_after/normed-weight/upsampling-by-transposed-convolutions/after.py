# Met in vocoders: transposed convolutions take an output_size, which a hook would be given, too.
# torch.jit.script: 'WeightNorm' object has no attribute '__name__'
import copy
from typing import Tuple

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.nn.utils.weight_norm import WeightNorm


def _compiled_weight_norm(self, inputs: Tuple[torch.Tensor]) -> None:
    self.weight = torch._weight_norm(self.weight_v, self.weight_g, self.weight_norm_dim)


class _WeightNormConvTranspose1d(nn.ConvTranspose1d):
    def forward(self, x):
        weight = torch._weight_norm(self.weight_v, self.weight_g, self.weight_norm_dim)
        return F.conv_transpose1d(
            x, weight, self.bias, self.stride, self.padding, self.output_padding,
            self.groups, self.dilation
        )


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
            if type(module) is nn.ConvTranspose1d:
                del made._forward_pre_hooks[key]
                made.__class__ = _WeightNormConvTranspose1d
    return made


class Upsample(nn.Module):
    def __init__(self):
        super().__init__()
        self.up = nn.utils.weight_norm(nn.ConvTranspose1d(2, 3, 4, stride=2, padding=1))

    def __prepare_scriptable__(self):
        return _with_compiled_norms(self)

    def forward(self, x):
        return F.leaky_relu(self.up(x), 0.1)


def examples():
    yield Upsample(), (torch.rand(1, 2, 5),)
