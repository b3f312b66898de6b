# Met in losses that take classes or probabilities: to the compiler all are of this class.
# torch.jit.script: Unknown type name 'torch.cuda.LongTensor'
import torch
import torch.nn as nn


class Loss(nn.Module):
    def forward(self, x, target):
        if isinstance(target, torch.LongTensor) or isinstance(target, torch.cuda.LongTensor):
            return x.gather(1, target)
        if isinstance(x, (torch.FloatTensor, torch.DoubleTensor)):
            x = x * 2
        return x * target


def examples():
    yield Loss(), (torch.rand(2, 3), torch.tensor([[1], [2]]))
    yield Loss(), (torch.rand(2, 3), torch.rand(2, 3))
