# Met in image translation at high resolution: pairs of layers to go down and up again.
# torch.jit.script: getattr's second argument must be a string literal
import torch
import torch.nn as nn


class Enhancer(nn.Module):
    def __init__(self, dim, levels):
        super(Enhancer, self).__init__()
        self.levels = levels
        for n in range(1, levels + 1):
            setattr(self, 'model' + str(n) + '_1', nn.Linear(dim, dim))
            setattr(self, 'model' + str(n) + '_2', nn.Linear(dim, dim))

    def _call_model(self, name: str, input):
        if hasattr(self, "model1_1") and name == "model1_1":
            return self.model1_1(input)
        if hasattr(self, "model2_1") and name == "model2_1":
            return self.model2_1(input)
        raise AttributeError(name)

    def _call_model_2(self, name: str, x):
        if hasattr(self, "model1_2") and name == "model1_2":
            return self.model1_2(x)
        if hasattr(self, "model2_2") and name == "model2_2":
            return self.model2_2(x)
        raise AttributeError(name)

    def forward(self, input):
        out = input
        for n in range(1, self.levels + 1):
            down_name = 'model' + str(n) + '_1'
            up_name = 'model' + str(n) + '_2'
            out = self._call_model_2(up_name, self._call_model(down_name, input) + out)
        return out


def examples():
    yield Enhancer(3, 2), (torch.rand(1, 3),)
