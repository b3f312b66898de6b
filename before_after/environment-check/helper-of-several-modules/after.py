# Met in pointer networks: a function beside the classes makes what they need.
# torch.jit.script: attribute lookup is not defined on python value of type 'module'
import torch
import torch.nn as nn


def build_map(indices: torch.Tensor, size: int) -> torch.Tensor:
    found = torch.zeros(indices.size(0), indices.size(1), size)
    if False if torch.jit.is_scripting() else torch.cuda.is_available():
        found = found.cuda()
    return found.scatter(2, indices.unsqueeze(2), 1.0)


class Pointer(nn.Module):
    def __init__(self, size: int):
        super().__init__()
        self.size = size

    def forward(self, indices):
        return build_map(indices, self.size)


def examples():
    yield Pointer(5), (torch.tensor([[1, 2], [3, 0]]),)
