# Met in image optimisation: images that are modules, or plain tensors.
# torch.jit.script: Unknown type name 'Pixel'
import torch
import torch.nn as nn


class Pixel(nn.Module):
    def __init__(self, tensor):
        super().__init__()
        self.tensor = nn.Parameter(tensor)


class ColorLoss(nn.Module):
    def forward(self, image):
        if isinstance(image, Pixel) if not torch.jit.is_scripting() else False:
            image = image.tensor
        return image.mean()


def examples():
    yield ColorLoss(), (torch.rand(2, 4),)
