# Met in code that is indented by two spaces, with a context that does nothing.
# torch.jit.script: nullcontext
import contextlib

import torch
import torch.nn as nn


class Net(nn.Module):
  def forward(self, x):
    with contextlib.nullcontext():
      for i in range(2):
        x = x + i
    return x


def examples():
  yield Net(), (torch.rand(2),)
