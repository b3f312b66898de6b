"""The short table of the distributions that well-known imports come from."""

import sys
from functools import cache
from importlib.resources import files
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    # mypy reads this for the newest Python, where tomli need not be installed.
    import tomli as tomllib  # type: ignore[import-not-found,unused-ignore]


def distributions_of(name: str) -> tuple[str, ...]:
    """The distributions that a top-level module comes from, likeliest first; none where the table
    does not know it."""
    table = _table()
    if name in table["renamed"]:
        return tuple(table["renamed"][name])
    return (name.replace("_", "-"),) if name in table["same"]["names"] else ()


def renamed() -> dict[str, str]:
    """Top-level module to the likeliest of its distributions, of those called otherwise."""
    return {name: several[0] for name, several in _table()["renamed"].items() if several}


def is_taken_by_another(name: str) -> bool:
    """Whether the package index has something by the name of an import that nobody means by it."""
    return name in _table()["taken_by_others"]["names"]


def not_packages() -> frozenset[str]:
    """Modules that the standard library of an earlier Python had."""
    return frozenset(_table()["not_packages"]["names"])


@cache
def _table() -> dict[str, Any]:
    text = files("torchscript_fix.packages").joinpath("distributions.toml").read_text("utf-8")
    table: dict[str, Any] = tomllib.loads(text)
    return table
