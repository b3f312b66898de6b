"""The kinds of errors in the catalogue, `complaints.toml` beside this file."""

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    # mypy reads this for the newest Python, where tomli need not be installed.
    import tomli as tomllib  # type: ignore[import-not-found,unused-ignore]


@dataclass(frozen=True)
class Kind:
    """One kind of error."""

    name: str
    patterns: tuple[re.Pattern[str], ...]
    """A message is of this kind where one of them is found in it. Their groups `name`, `model`,
    `wanted` and `found` are what is involved."""
    says: tuple[str, ...]
    """Such messages in their literal words, the most usual one first."""
    means: str
    by_hand: str
    """What a person does where no rule helps."""


@cache
def kinds() -> tuple[Kind, ...]:
    """All kinds, the more special ones first."""
    text = files("torchscript_fix.facts").joinpath("complaints.toml").read_text(encoding="utf-8")
    return tuple(_kind(entry) for entry in tomllib.loads(text)["kind"])


def _kind(entry: Mapping[str, Any]) -> Kind:
    return Kind(
        entry["name"],
        tuple(re.compile(pattern, re.MULTILINE) for pattern in entry["patterns"]),
        tuple(entry["says"]),
        " ".join(entry["means"].split()),
        " ".join(entry["by_hand"].split()),
    )
