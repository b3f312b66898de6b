# Met in GANs: a discriminator whose layers are normed.
# torch.jit.script: 'SpectralNorm' object has no attribute '__name__'
import copy
from typing import Tuple

import torch
from torch import nn
from torch.nn.utils.spectral_norm import SpectralNorm


def _compiled_spectral_norm(self, inputs: Tuple[torch.Tensor]) -> None:
    weight = self.weight_orig
    matrix = weight.movedim(self.spectral_norm_dim, 0)
    matrix = matrix.reshape(matrix.size(0), -1)
    u = self.weight_u
    v = self.weight_v
    if self.training:
        with torch.no_grad():
            for _ in range(self.spectral_norm_iterations):
                right = torch.mv(matrix.t(), u)
                v.copy_(right / right.norm(2.0, 0, True).clamp_min(self.spectral_norm_eps))
                left = torch.mv(matrix, v)
                u.copy_(left / left.norm(2.0, 0, True).clamp_min(self.spectral_norm_eps))
            u = u.clone(memory_format=torch.contiguous_format)
            v = v.clone(memory_format=torch.contiguous_format)
    self.weight = weight / torch.dot(u, torch.mv(matrix, v))


def _with_compiled_norms(module):
    """A copy of a module, its parameters shared, for torch.jit.script: it compiles hooks that are
    functions, and weight_norm and spectral_norm are objects."""
    made = copy.copy(module)
    made.compiled_from = (module,)  # kept: torch.jit.script tells modules apart by their id
    children = module._modules.items()
    made._modules = {k: c if c is None else _with_compiled_norms(c) for k, c in children}
    made._forward_pre_hooks = module._forward_pre_hooks.copy()
    for key, hook in module._forward_pre_hooks.items():
        if isinstance(hook, SpectralNorm) and hook.name == "weight":
            made.spectral_norm_dim = hook.dim
            made.spectral_norm_eps = hook.eps
            made.spectral_norm_iterations = hook.n_power_iterations
            made._forward_pre_hooks[key] = _compiled_spectral_norm
    return made


class Discriminator(nn.Module):
    """Real or not."""

    def __init__(self):
        super().__init__()
        norm = nn.utils.spectral_norm
        self.body = nn.Sequential(norm(nn.Conv2d(3, 4, 3)), nn.LeakyReLU(0.1), nn.Flatten())
        self.head = norm(nn.Linear(16, 1), n_power_iterations=2)

    def __prepare_scriptable__(self):
        return _with_compiled_norms(self)

    def forward(self, x):
        return self.head(self.body(x))


def examples():
    yield Discriminator().eval(), (torch.rand(2, 3, 4, 4),)
