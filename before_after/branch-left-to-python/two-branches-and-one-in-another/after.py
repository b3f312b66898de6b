# Met in models that grew: several ways that nobody goes, each of which does not compile.
# torch.jit.script: has no attribute or method
import torch
import torch.nn as nn


class Net(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.fc = nn.Linear(dim, dim)

    def forward(self, x, mode: str = "plain"):
        """Scores."""
        if mode == "drawn":
            if not torch.jit.is_scripting():
                if x.dim() > 1:
                    x = x.drawn()
                x = x.painted()
            else:
                raise NotImplementedError("not scripted: mode == 'drawn'")
        if mode == 'say "so"':
            if not torch.jit.is_scripting():
                return x.said()
            else:
                raise NotImplementedError("not scripted: mode == 'say \"so\"'")
        return self.fc(x)


def examples():
    yield Net(3), (torch.rand(2, 3),)
