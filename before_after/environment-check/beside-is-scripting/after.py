# Met in code that was made for scripting by half: `and` does not keep the compiler from the rest.
# torch.jit.script: attribute lookup is not defined on python value of type 'module'
import torch
import torch.nn as nn


class Checked(nn.Module):
    def forward(self, x):
        if not torch.jit.is_scripting() and (
            False if torch.jit.is_scripting() else torch.cuda.is_available()
        ):
            x = x.cuda()
        if not torch.jit.is_scripting():
            if torch.cuda.is_available():
                x = x.cuda()
        return x + 1.0


def examples():
    yield Checked(), (torch.rand(2, 3),)
