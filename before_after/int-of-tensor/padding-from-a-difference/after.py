# Met in U-Nets: the difference of two sizes is made a tensor, for onnx, and padded by halves of it.
# torch.jit.script: Expected a value of type 'List[int]' for argument 'pad' but instead found type 'List[Tensor]'
import torch
import torch.nn as nn
import torch.nn.functional as F


class Up(nn.Module):
    def forward(self, x1, x2):
        diff_y = torch.tensor([x2.size()[2] - x1.size()[2]])
        diff_x = torch.tensor([x2.size()[3] - x1.size()[3]])
        x1 = F.pad(
            x1,
            [
                int(diff_x // 2),
                int(diff_x - diff_x // 2),
                int(diff_y // 2),
                int(diff_y - diff_y // 2),
            ],
        )
        return torch.cat([x2, x1], dim=1)


def examples():
    yield Up(), (torch.rand(1, 2, 3, 3), torch.rand(1, 2, 6, 5))
