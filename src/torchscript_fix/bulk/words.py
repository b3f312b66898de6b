"""The words of a bulk run: verdicts in their order and colours, durations."""

from collections.abc import Iterator, Mapping
from typing import get_args

from torchscript_fix.report.document import RepositoryVerdict

ORDER: tuple[str, ...] = get_args(RepositoryVerdict)
"""Best first."""
COLOURS = {
    "fixed": "green",
    "partly-fixed": "green",
    "already-scriptable": "cyan",
    "compiles": "cyan",
    "still-failing": "yellow",
    "no-running-network": "yellow",
    "no-running-case": "yellow",
    "timed-out": "red",
    "crashed": "red",
    "refused": "red",
}
BAD = frozenset({"timed-out", "crashed", "refused"})
"""Verdicts of a repository that was not looked at to the end: exit code 1."""


def in_order(counts: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    """Verdicts that occur, with how often, best first."""
    for verdict in ORDER:
        if counts.get(verdict):
            yield verdict, counts[verdict]


def duration(seconds: float) -> str:
    """`45 s`, `12 min`, `3.5 h`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} min"
    if seconds < 48 * 3600:
        return f"{seconds / 3600:.1f} h"
    return f"{seconds / 86400:.1f} days"
