"""torchscript-fix: rewrites PyTorch source so that `torch.jit.script` compiles it, and proves it.

Public here is what somebody's own cases are written against. Importing this package imports the
standard library alone: it is also imported in the worker, in an environment that may have no more
than torch.
"""

from torchscript_fix.case import Case
from torchscript_fix.version import VERSION

__version__ = VERSION

__all__ = ["Case", "__version__"]
