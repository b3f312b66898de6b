"""When Python looks for garbage: not while trees are made, which are millions of objects that stay.

Looking through them again and again takes half of the time. What the facts of a project leave
behind are cycles, so something has to look for them once there are many.
"""

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

MANY = 1_500_000
"""Objects made since the last look; some 150 MB."""

_lock = threading.Lock()
_inside = 0


@contextmanager
def kept() -> Iterator[None]:
    """Nothing is looked through meanwhile, and what was made is never looked through later."""
    with collected_late():
        yield
        gc.freeze()


@contextmanager
def collected_late() -> Iterator[None]:
    """Nothing is looked through until there is much. May be entered by several threads."""
    global _inside  # noqa: PLW0603  # collection is switched on and off for the whole process
    with _lock:
        _inside += 1
        gc.disable()
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if not _inside:
                gc.enable()


def is_much() -> bool:
    """Whether so much was made since the last look that it is time for one."""
    return gc.get_count()[0] > MANY
