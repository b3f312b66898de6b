# Met in modern signatures: a switch of forward behind a star, over several lines.
# torch.jit.script: use keyword-only arguments with defaults
import torch
import torch.nn as nn


class Block(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.fc = nn.Linear(dim, dim)

    def forward(
        self,
        hidden: torch.Tensor,
        residual: torch.Tensor,
        *,
        add_the_residual: bool = True,
        normalise_the_output: bool = False,
    ) -> torch.Tensor:
        hidden = self.fc(hidden)
        if add_the_residual:
            hidden = hidden + residual
        if normalise_the_output:
            hidden = hidden / hidden.norm()
        return hidden


def examples():
    yield Block(2), (torch.rand(2, 2), torch.rand(2, 2)), {"normalise_the_output": True}
