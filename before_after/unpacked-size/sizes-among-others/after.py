# Met in layers for images and volumes alike: the spatial sizes stand behind others by a star.
# torch.jit.script: cannot statically infer the expected size of a list in this context
import torch
import torch.nn as nn


class ChannelShuffle(nn.Module):
    def __init__(self, groups, dims):
        super().__init__()
        self.groups = groups
        self.dims = dims

    def forward(self, x):
        n, c = x.shape[0], x.shape[1]
        y = x.reshape([n, self.groups, -1] + list(x.shape[2:])).transpose(1, 2).reshape(x.shape)
        scale = torch.ones([n, c] + [1] * self.dims, dtype=x.dtype)
        mask = torch.zeros(list(x.size()[:2]) + [1], device=x.device)
        mask = mask.view(list(mask.shape) + [1] * (self.dims - 1))
        return y * scale + mask + x.new_ones(list(x.size()[:2]) + list(x.shape[2:]))


def examples():
    yield ChannelShuffle(2, 2), (torch.rand(2, 4, 3, 3),)
    yield ChannelShuffle(2, 1), (torch.rand(2, 4, 3),)
