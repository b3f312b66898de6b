# Met in optical flow and segmentation: all scales while training, the finest one otherwise.
# torch.jit.script: Previous return statement returned a value of type Tuple[Tensor, Tensor]
import torch
import torch.nn as nn


class FlowNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 2, 3, padding=1)
        self.predict = nn.Conv2d(2, 2, 3, padding=1)

    def forward(self, x):
        flow3 = self.conv(x)
        flow2 = self.predict(flow3)
        if self.training:
            return flow2, flow3
        else:
            return flow2


def examples():
    yield FlowNet(), (torch.rand(1, 3, 8, 8),)
