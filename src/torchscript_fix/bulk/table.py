"""The final table: repositories by verdict, then by identical error, most frequent first."""

from collections.abc import Iterator, Sequence

from torchscript_fix.bulk.words import BAD, ORDER
from torchscript_fix.terminal import printable

LONGEST = 100
MOST_ERRORS = 12
"""Lines of one verdict."""


def lines(errors: Sequence[tuple[str, str, int, str]], not_done: int) -> Iterator[str]:
    """The table in lines, from what `State.errors` tells."""
    total = sum(count for _, _, count, _ in errors)
    width = len(str(total + not_done))
    for verdict in ORDER:
        mine = [each for each in errors if each[0] == verdict]
        if not mine:
            continue
        yield f"{sum(count for _, _, count, _ in mine):>{width}}  {verdict}"
        told = [each for each in mine if each[1]]
        for _, error, count, name in told[:MOST_ERRORS]:
            who = f"  (such as {printable(name)})" if count > 1 else f"  ({printable(name)})"
            yield f"{'':{width}}  {count:>{width + 2}}  {_short(printable(error))}{who}"
        if len(told) > MOST_ERRORS:
            rest = sum(count for _, _, count, _ in told[MOST_ERRORS:])
            yield f"{'':{width}}  {rest:>{width + 2}}  {len(told) - MOST_ERRORS} other errors"
    if not_done:
        yield f"{not_done:>{width}}  not done yet"
    yield f"{total + not_done:>{width}}  in all"


def is_bad(counts: "dict[str, int]") -> bool:
    """Whether some repository was not looked at to the end."""
    return any(counts.get(verdict) for verdict in (*BAD, ""))


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
