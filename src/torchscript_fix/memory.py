"""How much memory there is, how much of it a case may have, and what is said where that is not
enough."""

import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

CGROUPS = Path("/sys/fs/cgroup")
OWN_CGROUPS = Path("/proc/self/cgroup")
M, G = 1 << 20, 1 << 30

_WORDS = ("can't allocate memory", "Cannot allocate memory", "bad_alloc", "Unable to allocate")
"""What torch, the system, C++ and numpy say of memory that they do not get."""


def of_this_machine(cgroups: Path = CGROUPS, own: Path = OWN_CGROUPS) -> int:
    """Bytes of memory that this process and its children can have: the machine's, or what its
    control group allows where that is less."""
    machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return min([machine, *_limits(cgroups, own)])


def half_of_this_machine() -> int:
    """What one side of a case, original or rewrite, may have where nothing else is said."""
    return of_this_machine() // 2


def _limits(cgroups: Path, own: Path) -> Iterator[int]:
    """What control groups allow, those around ours too: of version 2, and of version 1."""
    places = {cgroups / "memory.max", cgroups / "memory" / "memory.limit_in_bytes"}
    try:
        lines = own.read_text().splitlines()
    except OSError:
        lines = []
    for line in lines:
        number, kinds, place = [*line.split(":", 2), "", ""][:3]
        steps = Path(place.lstrip("/"))
        for group in (steps, *steps.parents):
            if number == "0" and not kinds:
                places.add(cgroups / group / "memory.max")
            elif "memory" in kinds.split(","):
                places.add(cgroups / "memory" / group / "memory.limit_in_bytes")
    for each in sorted(places):
        try:
            text = each.read_text().strip()
        except OSError:
            continue
        if text.isdigit() and int(text) > 0:
            yield int(text)


# ------------------------------------------------------------------------------ what is not enough


def is_too_little(error: Any) -> bool:
    """Whether a worker tells of an error that means that there was not enough memory."""
    if not isinstance(error, dict):
        return False
    return "MemoryError" in str(error.get("type")) or says_too_little(str(error.get("message")))


def says_too_little(message: str) -> bool:
    """The same of words alone."""
    return any(words in message for words in _WORDS)


def over(limit: int) -> str:
    """Which limit a case came to, and how to raise it."""
    return f"it needs more than the {shown(limit)} that --memory allows; {_more(limit)} raises it"


def shown(size: int) -> str:
    """`11.7 GiB`, `512 MiB`."""
    return f"{size / G:.3g} GiB" if size >= G else f"{size / M:.3g} MiB"


def _more(limit: int) -> str:
    twice = limit * 2
    return (
        f"--memory {math.ceil(twice / G)}G" if twice >= G else f"--memory {math.ceil(twice / M)}M"
    )
