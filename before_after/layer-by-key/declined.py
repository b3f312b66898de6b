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

# %% layer that is given a star
# Held back: the call takes arguments of a number that is not known
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleDict({'a': nn.Bilinear(3, 3, 3), 'b': nn.Bilinear(3, 3, 3)})
        self.kind = 'a'

    def forward(self, x):
        pair = (x, x)
        return self.layers[self.kind](*pair)

# %% local with several values
# Held back: layer is given other values as well
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Linear(3, 3)
        self.conv2 = nn.Linear(3, 3)
        self.kind = 'conv1'

    def forward(self, x):
        layer = getattr(self, self.kind)
        x = layer(x)
        layer = self.conv2
        return layer(x)
