"""What the interpreter that runs the user's code has, as far as it was asked."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Installed:
    """The answer of an interpreter that was asked for some top-level modules."""

    modules: frozenset[str]
    """Those of them that it has, the standard library's included."""
    version: tuple[int, ...]
    markers: Mapping[str, str]
    """What environment markers of requirements (PEP 508) are about."""
