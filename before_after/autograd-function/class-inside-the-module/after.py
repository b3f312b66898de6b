# Met in detectors: the Function is a class inside the module that it belongs to.
# torch.jit.script: type object 'F' has no attribute '__globals__'
import torch
import torch.nn as nn
import torch.nn.functional as F


def memory_efficient_mish(x):
    if not torch.jit.is_scripting():
        return MemoryEfficientMish.F.apply(x)
    return x.mul(torch.tanh(F.softplus(x)))


class MemoryEfficientMish(nn.Module):
    class F(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x.mul(torch.tanh(F.softplus(x)))

        @staticmethod
        def backward(ctx, grad_output):
            x = ctx.saved_tensors[0]
            sx = torch.sigmoid(x)
            fx = F.softplus(x).tanh()
            return grad_output * (fx + x * sx * (1 - fx * fx))

    def forward(self, x):
        return memory_efficient_mish(x)


def examples():
    yield MemoryEfficientMish(), (torch.randn(2, 8),)
