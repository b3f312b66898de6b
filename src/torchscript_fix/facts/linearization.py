"""The order in which Python looks through the bases of a class (C3, `type.__mro__`)."""

from collections.abc import Hashable, Sequence
from typing import TypeVar

Base = TypeVar("Base", bound=Hashable)


def merged(lines: Sequence[Sequence[Base]]) -> tuple[Base, ...] | None:
    """One order that keeps each of these; None where there is none.

    Those of a class are the orders of its bases, in the order of the bases, and then the bases.
    """
    waiting = [list(line) for line in lines if line]
    found: list[Base] = []
    while waiting:
        tails = {base for line in waiting for base in line[1:]}
        head = next((line[0] for line in waiting if line[0] not in tails), None)
        if head is None:
            return None
        found.append(head)
        waiting = [rest for line in waiting if (rest := [base for base in line if base != head])]
    return tuple(found)
