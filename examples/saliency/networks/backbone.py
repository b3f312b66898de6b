import torch.nn as nn


class Stage(nn.Module):
    def __init__(self, n_in, n_out):
        super(Stage, self).__init__()
        self.conv = nn.Conv2d(n_in, n_out, 3, stride=2, padding=1, bias=False)
        self.bn = nn.BatchNorm2d(n_out)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x):
        return self.relu(self.bn(self.conv(x)))


class Backbone(nn.Module):
    """Features of the picture at a half, a quarter, an eighth of its size, and so on."""

    def __init__(self, channels):
        super(Backbone, self).__init__()
        stages = []
        for n_in, n_out in zip([3] + channels[:-1], channels):
            stages.append(Stage(n_in, n_out))
        self.stages = nn.ModuleList(stages)

    def forward(self, x):
        features = []
        for i in range(len(self.stages)):
            x = self.stages[i](x)
            features.append(x)
        return features


class Reduce(nn.Module):
    """The same number of channels for all features."""

    def __init__(self, channels, width):
        super(Reduce, self).__init__()
        self.convs = nn.ModuleList([nn.Conv2d(c, width, 1) for c in channels])

    def forward(self, features):
        reduced = []
        for conv, feature in zip(self.convs, features):
            reduced.append(conv(feature))
        return reduced
