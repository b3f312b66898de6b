# Met in models put together by a build function: the layer comes in as an argument.
# torch.jit.script: Module 'Saliency' has no attribute 'convert'
import torch
import torch.nn as nn
import torch.nn.functional as F


class Convert(nn.Module):
    def __init__(self):
        super(Convert, self).__init__()
        self.conv = nn.Conv2d(3, 8, 1)

    def forward(self, x):
        return F.relu(self.conv(x))


class Saliency(nn.Module):
    def __init__(self, base_model_cfg, convert_layers, score_layers):
        super(Saliency, self).__init__()
        self.base_model_cfg = base_model_cfg
        self.score = score_layers
        if self.base_model_cfg == 'resnet':
            self.convert = convert_layers

    def forward(self, x):
        if self.base_model_cfg == 'resnet':
            x = self.convert(x)
        return self.score(x)


def extra_layer(base_model_cfg):
    convert_layers, score_layers = [], []
    convert_layers = Convert()
    score_layers = nn.Conv2d(8 if base_model_cfg == 'resnet' else 3, 1, 1)
    return convert_layers, score_layers


def build_model(base_model_cfg='vgg'):
    return Saliency(base_model_cfg, *extra_layer(base_model_cfg))


def examples():
    yield build_model('vgg'), (torch.rand(1, 3, 8, 8),)
    yield build_model('resnet'), (torch.rand(1, 3, 8, 8),)
