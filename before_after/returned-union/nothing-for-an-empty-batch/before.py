# Met in detection heads: nothing is returned where there is nothing to look at, or a pair.
# torch.jit.script: Previous return statement returned a value of type Optional[Tuple[Tensor, Tensor]]
import torch
import torch.nn as nn


class Head(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(3, 4)

    def forward(self, x, with_boxes: bool = False):
        if with_boxes:
            return self.fc(x), x
        if x.size(0) == 0:
            return None
        return self.fc(x)


def examples():
    yield Head(), (torch.rand(2, 3), False)
    yield Head(), (torch.rand(2, 3), True)
    yield Head(), (torch.rand(0, 3), False)
