# Met in clouds of points: what belongs together is split by counts, in a function that says what
# it takes, in the words of newer Python.
# torch.jit.script: Expected type hint for result of tolist()
import torch
import torch.nn as nn


def parts_of(x: torch.Tensor, counts: list[int]) -> list[torch.Tensor]:
    return [part * 2 for part in x.split(counts)]


class Clouds(nn.Module):
    def forward(self, x, counts):
        means = [
            part.mean(0)
            for part in parts_of(x, torch.jit.annotate(list[int], counts.cpu().tolist()))
        ]
        return torch.stack(means)


def examples():
    yield Clouds(), (torch.rand(5, 3), torch.tensor([2, 1, 2]))
