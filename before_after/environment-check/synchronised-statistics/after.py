# Met in losses that are computed over all processes: one process alone has nothing to gather.
# torch.jit.script: attribute lookup is not defined on python value of type 'module'
import torch
import torch.distributed as dist
import torch.nn as nn


class CenteredLoss(nn.Module):
    def forward(self, x, y):
        center = y.mean(0)
        if False if torch.jit.is_scripting() else dist.is_available() and dist.is_initialized():
            dist.all_reduce(center)
            center = center / dist.get_world_size()
        return ((x - center) ** 2).mean()


def examples():
    yield CenteredLoss(), (torch.rand(2, 3), torch.rand(2, 3))
