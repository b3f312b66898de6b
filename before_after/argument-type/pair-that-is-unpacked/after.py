# Met in losses that take all that a model returned: one argument, unpacked at once.
# torch.jit.script: Tensor (inferred) cannot be used as a tuple
# Observed: FlowLoss.forward output: Tuple[Tensor, List[Tensor]]
from typing import List, Tuple

import torch
import torch.nn as nn


def total(parts: List[torch.Tensor]):
    return torch.stack(parts).sum()


class FlowLoss(nn.Module):
    def forward(self, output: Tuple[torch.Tensor, List[torch.Tensor]]):
        z, logs = output
        return (z * z).sum() - total(logs)


def examples():
    yield FlowLoss(), ((torch.rand(2), [torch.rand(2), torch.rand(2)]),)
