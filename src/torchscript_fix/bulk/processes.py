"""What processes there are below one, what memory they take, and how to end them all."""

import os
import re
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_PAGE = os.sysconf("SC_PAGE_SIZE")


def threads_of_all() -> int:
    """How many threads there are on the machine: one short read."""
    return int(Path("/proc/loadavg").read_bytes().split()[3].partition(b"/")[2])


def seen_below(root: int) -> list[int]:
    """The descendants of a process, quickly: one that comes or goes meanwhile may be missed."""
    found: list[int] = []
    level = [root]
    while level:
        level = [child for process in level for child in _children(process)]
        found += level
    return found


def _children(process: int) -> Iterator[int]:
    tasks = Path("/proc", str(process), "task")
    with suppress(OSError):
        for task in tasks.iterdir():
            yield from map(int, (task / "children").read_bytes().split())


def below(root: int) -> list[int]:
    """All descendants of a process, parents before their children."""
    children: dict[int, list[int]] = {}
    for process, parent in _parents():
        children.setdefault(parent, []).append(process)
    found: list[int] = []
    level = [root]
    while level:
        level = [child for process in level for child in children.get(process, ())]
        found += level
    return found


def _parents() -> Iterator[tuple[int, int]]:
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, ValueError, IndexError):
            # The name of the program, in brackets, can hold anything.
            told = (place / "stat").read_bytes().rpartition(b")")[2].split()
            yield int(place.name), int(told[1])


def memory_at_most(processes: list[int]) -> int:
    """Bytes of memory, quickly: what several of them share since a fork counts for each."""
    total = 0
    for process in processes:
        with suppress(OSError, ValueError, IndexError):
            told = Path("/proc", str(process), "statm").read_bytes().split()
            total += max(0, int(told[1]) - int(told[2])) * _PAGE
    return total


def memory_of(processes: list[int]) -> int:
    """Bytes of memory, what is shared counted once; takes about a millisecond a process."""
    total = 0
    for process in processes:
        try:
            told = Path("/proc", str(process), "smaps_rollup").read_bytes()
            found = re.search(rb"^Pss:\s+(\d+) kB", told, re.MULTILINE)
            total += int(found[1]) * 1024 if found else 0
        except ProcessLookupError:
            pass  # it has ended
        except OSError:  # it does not let itself be looked into
            total += memory_at_most([process])
    return total


def kill_below(root: int) -> None:
    """End all descendants of a process, and those that they start meanwhile."""
    for _ in range(20):
        left = below(root)
        if not left:
            return
        for process in left:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(process, signal.SIGKILL)


def kill_tree(root: int) -> None:
    """End a process, which cannot start others any more, and all below it."""
    with suppress(ProcessLookupError, PermissionError):
        os.kill(root, signal.SIGSTOP)
    kill_below(root)
    with suppress(ProcessLookupError, PermissionError):
        os.kill(root, signal.SIGKILL)


def size_of(folder: Path) -> int:
    """Bytes of disk below a folder; what goes away meanwhile is not counted."""
    total = 0
    folders = [os.fspath(folder)]
    while folders:
        with suppress(OSError), os.scandir(folders.pop()) as scan:
            for entry in scan:
                with suppress(OSError):
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
                    total += entry.stat(follow_symlinks=False).st_blocks * 512
    return total
