"""A function in a process of its own: forked, timed, and cleared away with all that it started.

The functions of `os` are bound here on import, before any user code could replace them.
"""

import contextlib
import ctypes
import os
import select
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from os import _exit, fork, getpid, kill, killpg, setsid, waitpid

from .clock import Clock

LOOK_SECONDS = 1.0
"""How often it is looked how long a child has had."""
PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4

_monotonic = time.monotonic
_select = select.select
_pidfd_open = getattr(os, "pidfd_open", None)
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


_leaders = {getpid()}
"""Processes that are ours: the first, and those that `in_fork` made."""


def address_space() -> int:
    """Bytes of address space that this process has: 0.6 GB with torch for the CPU, 3.2 GB with the
    libraries of CUDA. What user code may take is counted from there."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


@dataclass(frozen=True)
class Ending:
    """How a process ended: `how` is "done", "exit", "signal" or "timeout"."""

    how: str
    code: int
    seconds: float


def in_fork(function: Callable[[], None], seconds: float) -> Ending:
    """Run `function` in a fork that has `seconds` of a machine with nothing else to do, and its own
    process group, killed at the end.

    "done" says that the function returned; it hands its results over through files.
    """
    start = _monotonic()
    pid = fork()
    if pid == 0:
        code = 70
        try:
            setsid()
            die_with_parent()
            _leaders.add(getpid())
            function()
            code = 0
            end_strays()
        except BaseException:
            code = 70
        finally:
            _exit(code)
    timed_out = not _ended(pid, seconds)
    try:
        # The leader is dead or a zombie not yet waited for, so the number is still its own.
        killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        with contextlib.suppress(ProcessLookupError):
            kill(pid, signal.SIGKILL)
    _, status = waitpid(pid, 0)
    took = _monotonic() - start
    if timed_out:
        return Ending("timeout", 0, took)
    if os.WIFSIGNALED(status):
        return Ending("signal", os.WTERMSIG(status), took)
    code = os.WEXITSTATUS(status)
    return Ending("exit" if code else "done", code, took)


def end_strays() -> None:
    """End this process if user code forked it and let it come back into ours."""
    if getpid() not in _leaders:
        _exit(0)


def _ended(pid: int, seconds: float) -> bool:
    """Wait until a child has ended, without reaping it. False where it has had its seconds."""
    clock = Clock(pid)
    handle = _pidfd_open(pid) if _pidfd_open is not None else None
    try:
        while (left := seconds - clock.passed()) > 0:
            if handle is None:
                time.sleep(0.003)
                ended = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
            else:
                ended = bool(_select([handle], [], [], min(left, LOOK_SECONDS))[0])
            if ended:
                return True
    finally:
        if handle is not None:
            os.close(handle)
    return False


def die_with_parent() -> None:
    """Ask the kernel to kill this process when the one that forked it ends (Linux)."""
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def hide_from_children() -> None:
    """Keep children from opening this process's memory and descriptors through /proc (Linux)."""
    if _libc is not None:
        _libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


def kill_strangers(known: frozenset[int]) -> None:
    """Kill every process of this PID namespace that is not in `known`, as what a case left behind.

    Only for use inside a sandbox with a PID namespace of its own.
    """
    for name in os.listdir("/proc"):
        if name.isdigit() and int(name) not in known:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                kill(int(name), signal.SIGKILL)
