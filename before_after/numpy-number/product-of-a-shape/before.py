# Met in reinforcement learning: an observation of any shape is flattened by the first layer.
# torch.jit.script: is not a valid constant
import numpy as np
import torch
import torch.nn as nn


class Policy(nn.Module):
    def __init__(self, in_shape, hidden, out_shape):
        super().__init__()
        self.input_layer = nn.Linear(np.prod(in_shape), hidden)
        self.output_layer = nn.Linear(hidden, out_features=np.prod(out_shape))

    def forward(self, x):
        x = torch.relu(self.input_layer(x.flatten(1)))
        return self.output_layer(x)


def examples():
    yield Policy((2, 3), 4, (5,)), (torch.rand(2, 2, 3),)
