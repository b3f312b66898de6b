# Met where a mask is made on the device of the input.
# torch.jit.script: but instead found type 'str'
import torch
import torch.nn as nn


class Mask(nn.Module):
    def forward(self, x):
        mask = torch.ones(x.size(0), 1)
        if x.dtype == torch.float32 and x.device.type == "cuda" and x.layout == torch.strided:
            mask = mask.cuda()
        if not (x.dtype == torch.float32 and x.device.type == "cpu" and x.layout == torch.strided):
            mask = mask.to(x.dtype)
        return x * mask


def examples():
    yield Mask(), (torch.rand(2, 3),)
