# What the rule leaves alone: a snippet each, with what it says of it.
import torch
import torch.nn as nn

# %% return on the line of its test
# Held back: it stands on the line of what decides about it
class Net(nn.Module):
    def forward(self, x):
        outs = [x, x + 1]
        if x.dim() > 1: return tuple(outs)
        return outs[0], outs[1]

# %% more parts than anybody writes out
# Held back: cases saw it return ?, which is no tuple of what a list can hold
class Net(nn.Module):
    def forward(self, x):
        outs = []
        for i in range(33):
            outs.append(x + i)
        return tuple(outs)

# %% condition that draws a number
# Held back: the condition of what is returned is more than a look at values
class Net(nn.Module):
    def forward(self, x):
        outs = [x, x + 1]
        return tuple(outs) if torch.rand(1) < 2 else x
