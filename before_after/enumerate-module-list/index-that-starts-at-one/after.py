# Met in contrastive predictive coding: steps are counted from 1, predictors from 0.
# torch.jit.script: Expected integer literal for index
import torch
import torch.nn as nn


class CPC(nn.Module):
    def __init__(self, n_prediction_steps, dim):
        super(CPC, self).__init__()
        self.n_prediction_steps = n_prediction_steps
        self.predictors = nn.ModuleList([nn.Linear(dim, dim) for _ in range(n_prediction_steps)])

    def forward(self, z, c):
        losses = []
        for k, predictor in enumerate(self.predictors, 1):
            z_shift = z[:, k:, :]
            losses.append((predictor(c[:, :-k, :]) - z_shift).abs().mean())
        return torch.stack(losses).mean()


def examples():
    yield CPC(3, 4), (torch.rand(2, 6, 4), torch.rand(2, 6, 4))
