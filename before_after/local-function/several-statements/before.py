# Met in losses for depth: a derivative of several lines, which becomes a method.
# torch.jit.script: function definitions aren't supported
import torch
import torch.nn as nn


class SmoothnessLoss(nn.Module):
    def __init__(self, weight):
        super().__init__()
        self.weight = weight

    def forward(self, depth):
        height = depth.size(2)

        def second_derivative(x, along):
            # What changes of the change.
            twice = 2 * x[:, :, 1:-1, 1:-1]
            if along == "rows":
                change = twice - x[:, :, 1:-1, :-2] - x[:, :, 1:-1, 2:]
            else:
                change = twice - x[:, :, :-2, 1:-1] - x[:, :, 2:, 1:-1]

            return change.abs().mean() / height

        loss = second_derivative(depth, "rows") + second_derivative(depth, along="columns")
        return self.weight * loss


def examples():
    yield SmoothnessLoss(0.5), (torch.rand(1, 1, 6, 6),)
