# What the rule leaves alone: a snippet each, with what it says of it.
import torch
import torch.nn as nn

# %% keyword that is called like the key
# Held back: the call has a keyword name, which means the layer in the new method
class Named(nn.Module):
    def forward(self, x, name: str):
        return x if name == 'a' else -x


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleDict({'a': Named(), 'b': Named()})
        self.kind = 'a'

    def forward(self, x):
        return self.layers[self.kind](x, name='b')
