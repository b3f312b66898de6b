"""Where processes are started: one thread that lives as long as the run.

A process that asks to die with its parent (PR_SET_PDEATHSIG: `bwrap --die-with-parent`, and the
worker itself) dies with the *thread* that started it, see prctl(2). A server started from a pool
that is closed is killed in the middle of its work, and looks like a rewrite that does not import.
"""

import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any


class Starter:
    """Starts processes from a thread of its own, until it is closed."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="torchscript-fix-starter")
        self._closed = False

    def start(self, command: Sequence[str], **options: Any) -> "subprocess.Popen[bytes] | None":
        """`subprocess.Popen(command, **options)`; None once this is closed. Raises OSError."""

        def popen() -> "subprocess.Popen[bytes] | None":
            return None if self._closed else subprocess.Popen(command, **options)

        try:
            return self._thread.submit(popen).result()
        except RuntimeError:  # closed meanwhile
            return None

    def refuse(self) -> None:
        """Start nothing any more. What runs goes on."""
        self._closed = True

    def close(self) -> None:
        """End the thread, and with it whatever asked to die with its parent."""
        self._closed = True
        self._thread.shutdown()
