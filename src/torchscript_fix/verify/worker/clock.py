"""The time that a process has had: what it waited for a processor, while others had it, does not
count, so that a busy machine ends nothing that a quiet one would not.

Linux says in /proc/PID/schedstat for how many nanoseconds a thread was ready to run and did not
(Documentation/scheduler/sched-stats.rst); where it does not, time is that of the wall.
"""

import os
import time

_monotonic = time.monotonic
_open, _read, _close, _listdir = os.open, os.read, os.close, os.listdir


class Clock:
    """The seconds that a process and all that it starts have had since this was made. Of those that
    wait at the same time, the one that waits longest counts."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._had = 0.0
        self._waited = _waits(pid)
        self._at = _monotonic()

    def passed(self) -> float:
        """To be asked every second or so: what a thread waited that has ended is not known."""
        now, waited = _monotonic(), _waits(self._pid)
        most = max((waited[each] - self._waited.get(each, 0.0) for each in waited), default=0.0)
        self._had += max(0.0, now - self._at - max(0.0, most))
        self._at, self._waited = now, waited
        return self._had


def _waits(pid: int) -> dict[str, float]:
    """Thread of a process, or of one that it has started, to the seconds that it waited so far."""
    found: dict[str, float] = {}
    todo, seen = [str(pid)], set[str]()
    while todo:
        process = todo.pop()
        if process in seen:
            continue
        seen.add(process)
        for thread in _threads(process):
            place = f"/proc/{process}/task/{thread}"
            said = _text(f"{place}/schedstat").split()
            if len(said) > 1 and said[1].isdigit():
                found[thread] = int(said[1]) / 1e9
            todo += _text(f"{place}/children").split()
    return found


def _threads(process: str) -> list[str]:
    try:
        return _listdir(f"/proc/{process}/task")
    except OSError:
        return []


def _text(path: str) -> str:
    try:
        file = _open(path, os.O_RDONLY)
    except OSError:
        return ""
    try:
        return _read(file, 1 << 16).decode("ascii", "replace")
    except OSError:
        return ""
    finally:
        _close(file)
