"""Cases that somebody wrote down in a file of their own: `--cases FILE.py`."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class WrittenCases:
    """A file whose `cases(module)` is called with every imported module of the path, and yields
    `torchscript_fix.Case` objects. It is imported in the worker before any of these modules."""

    path: Path
