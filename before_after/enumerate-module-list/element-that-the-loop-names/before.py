# Met in Swin backbones: the loop gives the module a name first.
# torch.jit.script: Expected integer literal for index
import torch
import torch.nn as nn


class Backbone(nn.Module):
    def __init__(self, dim, num_layers):
        super(Backbone, self).__init__()
        self.num_layers = num_layers
        self.layers = nn.ModuleList()
        for i_layer in range(self.num_layers):
            layer = nn.Linear(dim, dim)
            self.layers.append(layer)

    def forward(self, x):
        outs = []
        for i in range(self.num_layers):
            layer = self.layers[i]
            x = layer(x)
            if i > 0:
                outs.append(x)
        return outs


def examples():
    yield Backbone(3, 3), (torch.rand(2, 3),)
