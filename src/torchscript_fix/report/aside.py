"""What no case needs and what decides nothing, in a few lines: modules that cannot be imported,
files that cannot be read or parsed."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from torchscript_fix.result import Problem
from torchscript_fix.verify.verdict import NotImported

MOST_ERRORS = 3
"""Distinct errors that have a line of their own."""


class Aside(NamedTuple):
    """A line, and what stands behind it."""

    line: str
    members: tuple[str, ...]


def not_imported(modules: Sequence[NotImported]) -> Iterator[Aside]:
    """One for each distinct error, the most frequent first."""
    told = [(each.module, each.message.partition("\n")[0]) for each in modules]
    yield from _grouped(told, "module", "cannot be imported")


def not_needed(problems: Sequence[Problem], names: Sequence[str]) -> Iterator[Aside]:
    """The same for files, which go by these names."""
    told = [
        (name, problem.reason)
        for name, problem in zip(names, problems, strict=True)
        if not problem.needed
    ]
    yield from _grouped(told, "file", "cannot be read or parsed, and no case needs it")


def _grouped(told: Sequence[tuple[str, str]], thing: str, what: str) -> Iterator[Aside]:
    by_error: dict[str, list[str]] = {}
    for name, error in told:
        by_error.setdefault(error, []).append(name)
    groups = sorted(by_error.items(), key=lambda group: -len(group[1]))
    for error, names in groups[:MOST_ERRORS]:
        yield _aside(names, thing, what, error, [f"{name}: {error}" for name in names])
    rest = groups[MOST_ERRORS:]
    names = [name for _, each in rest for name in each]
    if names:
        listed = [f"{name}: {error}" for error, each in rest for name in each]
        yield _aside(names, thing, what, f"{len(rest)} other errors", listed)


def _aside(names: Sequence[str], thing: str, what: str, why: str, listed: Sequence[str]) -> Aside:
    if len(names) == 1:
        return Aside(f"{names[0]} {what}: {why}", tuple(listed))
    plural = what.replace("needs it", "needs them")
    return Aside(f"{len(names)} {thing}s {plural}: {why}", tuple(listed))
