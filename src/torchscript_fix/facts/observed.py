"""What cases showed while they ran: the types that arguments really had."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

ArgumentKey = tuple[Path, str, str]
"""File, qualified name of the function (`Block.forward`), name of the parameter."""


@dataclass(frozen=True)
class Observed:
    """Types in TorchScript's spelling (`Tensor`, `List[int]`, `None`, …); `?` for what has none."""

    arguments: Mapping[ArgumentKey, frozenset[str]] = field(default_factory=dict)

    def argument_types(self, path: Path, qualname: str, parameter: str) -> frozenset[str]:
        """Every type that was seen for one parameter; empty where no case called the function."""
        return self.arguments.get((path, qualname, parameter), frozenset())
