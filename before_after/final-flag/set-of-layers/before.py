# Met in trackers: which layers are fused is kept as a set, which TorchScript does not have.
# torch.jit.script: has no attribute 'fuse_layers'
import torch
import torch.nn as nn


class Adjust(nn.Module):
    def __init__(self, dim, fuse_layers=(2, 3)):
        super(Adjust, self).__init__()
        self.fuse_layers = set(fuse_layers)
        self.layer2 = nn.Conv2d(dim, dim, 1)
        self.layer3 = nn.Conv2d(dim, dim, 1)

    def forward(self, p2, p3):
        outputs = []
        if 2 in self.fuse_layers:
            outputs.append(self.layer2(p2))
        if 3 in self.fuse_layers:
            outputs.append(self.layer3(p3))
        return outputs


def examples():
    yield Adjust(3), (torch.rand(1, 3, 4, 4), torch.rand(1, 3, 4, 4))
    yield Adjust(3, (3,)), (torch.rand(1, 3, 4, 4), torch.rand(1, 3, 4, 4))
