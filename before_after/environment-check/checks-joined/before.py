# Met in code that also runs in one process: `not`, `or`, and a condition that asks for more.
# torch.jit.script: attribute lookup is not defined on python value of type 'module'
import torch
import torch.distributed as dist
import torch.nn as nn


class Gather(nn.Module):
    def forward(self, x):
        if not (dist.is_available() and dist.is_initialized()):
            x = x * 2.0
        if x.dim() > 2 or not (dist.is_available() and dist.is_initialized()):
            x = x + 1.0
        return x.half() if torch.cuda.is_available() or torch.onnx.is_in_onnx_export() else x


def examples():
    yield Gather(), (torch.rand(2, 3),)
    yield Gather(), (torch.rand(2, 3, 1),)
