# Met in networks over sequences: a BatchNorm2d that takes five dimensions, or does nothing when frozen.
# torch.jit.script: has no attribute or method 'forward'
import torch
import torch.nn as nn


class FoldedBatchNorm(nn.BatchNorm2d):
    def _batch_norm_forward(self, input):
        self._check_input_dim(input)
        factor = 0.0
        if self.momentum is not None:
            factor = self.momentum
        if self.training and self.track_running_stats:
            if self.num_batches_tracked is not None:
                self.num_batches_tracked.add_(1)
                if self.momentum is None:
                    factor = 1.0 / float(self.num_batches_tracked)
        keeps_track = not self.training or self.track_running_stats
        return nn.functional.batch_norm(
            input,
            self.running_mean if keeps_track else None,
            self.running_var if keeps_track else None,
            self.weight,
            self.bias,
            self.training or (self.running_mean is None and self.running_var is None),
            factor,
            self.eps,
        )

    def forward(self, x):
        steps, batch = x.shape[0], x.shape[1]
        return self._batch_norm_forward(x.flatten(0, 1)).unflatten(0, (steps, batch))


def trained(norm):
    norm.train()
    norm(torch.arange(72.0).view(2, 2, 2, 3, 3))
    return norm


def examples():
    for arguments in ({}, {"momentum": None}, {"track_running_stats": False}, {"affine": False}):
        yield trained(FoldedBatchNorm(2, **arguments)), (torch.rand(2, 2, 2, 3, 3),)
