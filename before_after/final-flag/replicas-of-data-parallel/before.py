# Met in batch norms that are synchronised over GPUs: only a replica of nn.DataParallel is parallel.
# torch.jit.script: but instead found type 'NoneType'
import torch
import torch.nn as nn
import torch.nn.functional as F


class SynchronizedNorm(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.register_buffer("mean", torch.zeros(dim))
        self.register_buffer("var", torch.ones(dim))
        self._is_parallel = False
        self._parallel_id = None

    def forward(self, x):
        if not (self._is_parallel and self.training):
            return F.batch_norm(x, self.mean, self.var, None, None, self.training)
        total = x.sum(0)
        if self._parallel_id == 0:
            total = total * 2
        return x - total / self._parallel_id

    def __data_parallel_replicate__(self, ctx, copy_id):
        self._is_parallel = True
        self._parallel_id = copy_id


def examples():
    yield SynchronizedNorm(3), (torch.rand(4, 3),)
