# Met in clean code: what is said of the function, of the decorator and of the first line stays.
# torch.jit.script: undefined value torch
import torch
import torch.nn as nn


class Centered(nn.Module):
    """Subtracts a mean."""

    # The mean is no part of the graph.
    @torch.no_grad()  # as in the paper
    def mean(self, x):
        """The mean of a batch.

            Indented, and left so.
        """
        # Over all but the last.
        total = torch.mean(x, 0)

        # And nothing else.
        return total  # a vector

    def forward(self, x):
        return x - self.mean(x)


def examples():
    yield Centered(), (torch.rand(2, 3),)
