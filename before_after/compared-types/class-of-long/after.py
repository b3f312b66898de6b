# Met in losses that take classes or probabilities: to the compiler all are of this class.
# torch.jit.script: Unknown type name 'torch.cuda.LongTensor'
import torch
import torch.nn as nn


class Loss(nn.Module):
    def forward(self, x, target):
        if (
            target.dtype == torch.int64
            and target.device.type == "cpu"
            and target.layout == torch.strided
        ) or (
            target.dtype == torch.int64
            and target.device.type == "cuda"
            and target.layout == torch.strided
        ):
            return x.gather(1, target)
        if (
            (x.dtype == torch.float32 or x.dtype == torch.float64)
            and x.device.type == "cpu"
            and x.layout == torch.strided
        ):
            x = x * 2
        return x * target


def examples():
    yield Loss(), (torch.rand(2, 3), torch.tensor([[1], [2]]))
    yield Loss(), (torch.rand(2, 3), torch.rand(2, 3))
