"""The process of one repository does not outlive who started it, and takes its own with it."""

import ctypes
import os
import resource
import signal
import threading

from torchscript_fix.bulk.processes import kill_below

_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER of linux/prctl.h


def adopt_orphans() -> None:
    """Let processes whose parents ended become ours, so that they can be found and ended."""
    ctypes.CDLL(None, use_errno=True).prctl(_SUBREAPER, 1, 0, 0, 0)


def die_with_parent() -> None:
    """End all, at once, when standard input ends: its other end is the starter's alone."""

    def wait_for_the_end() -> None:
        while os.read(0, 4096):
            pass
        kill_below(os.getpid())
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=wait_for_the_end, daemon=True).start()


def limit(memory: int, file_size: int, seconds: float) -> None:
    """Limits of this process. They are soft ones, since its workers set their own."""
    for what, amount in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_FSIZE, file_size),
        (resource.RLIMIT_CPU, int(seconds) + 60),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(what)
        most = amount if hard == resource.RLIM_INFINITY else min(amount, hard)
        resource.setrlimit(what, (most, hard))
