"""Bars for the page, as numbers between 0 and 100: the templates draw them."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Piece:
    """A part of a bar."""

    name: str
    count: int
    start: float
    length: float


Bar = tuple[Piece, ...]

SHORTEST = 0.6
"""What is there is seen, however little it is."""


def bar(counts: Iterable[tuple[str, int]]) -> Bar:
    """Pieces in the given order that fill the bar; what is 0 has none."""
    present = [(name, count) for name, count in counts if count]
    total = sum(count for _, count in present)
    lengths = [max(SHORTEST, 100 * count / total) for _, count in present]
    stretch = 100 / sum(lengths) if lengths else 1
    pieces, start = [], 0.0
    for (name, count), length in zip(present, lengths, strict=True):
        pieces.append(Piece(name, count, round(start, 3), round(length * stretch, 3)))
        start += length * stretch
    return tuple(pieces)


def share(count: int, total: int) -> str:
    """`12 %`, and `<1 %` where it would be none though there is some."""
    if not total or not count:
        return "0 %"
    per_cent = 100 * count / total
    return "<1 %" if per_cent < 1 else f"{per_cent:.0f} %"
