# Met in dynamic convolutions: a temperature that begins as a whole number.
# torch.jit.script: Wrong type for attribute assignment. Expected int but got float
import torch
import torch.nn as nn


class DynamicAttention(nn.Module):
    temperature: float

    def __init__(self, dim, temperature=30, steps=4):
        super(DynamicAttention, self).__init__()
        self.fc = nn.Linear(dim, dim)
        self.temperature = temperature
        self.interval = (temperature - 1) / steps

    def forward(self, x):
        attention = torch.softmax(self.fc(x) / self.temperature, dim=1)
        if self.training and self.temperature > 1:
            self.temperature -= self.interval
        return attention


def examples():
    yield DynamicAttention(3), (torch.rand(2, 3),)
