# Met in detectors (SSD, FaceBoxes): the feature maps are enumerated, the heads are indexed.
# torch.jit.script: Expected integer literal for index
import torch
import torch.nn as nn


class Detector(nn.Module):
    def __init__(self, channels):
        super(Detector, self).__init__()
        self.stem = nn.Conv2d(3, channels, 3, padding=1)
        self.loc_layers = nn.ModuleList([nn.Conv2d(channels, 4, 1) for _ in range(2)])
        self.conf_layers = nn.ModuleList([nn.Conv2d(channels, 2, 1) for _ in range(2)])

    def forward(self, image):
        first = self.stem(image)
        xs = [first, first[:, :, ::2, ::2]]
        locs = []
        confs = []
        for i, (loc_layer, conf_layer) in enumerate(zip(self.loc_layers, self.conf_layers)):
            x = xs[i]
            locs.append(loc_layer(x).flatten(1))
            confs.append(conf_layer(x).flatten(1))
        return torch.cat(locs, 1), torch.cat(confs, 1)


def examples():
    yield Detector(4), (torch.rand(1, 3, 8, 8),)
