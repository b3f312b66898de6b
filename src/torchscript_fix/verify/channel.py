"""A fork server seen from the host: lines of JSON both ways, with deadlines, and never trusted."""

import contextlib
import json
import os
import select
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from torchscript_fix.verify.interpreter import VerifierUnavailable
from torchscript_fix.verify.starter import Starter
from torchscript_fix.verify.worker.clock import Clock

LONGEST_LINE = 4 << 20
START_SECONDS = 180.0
MOST_WRITTEN = 8 << 30
"""Bytes that a server's processes may have on the disk at one time."""
LOOK_SECONDS = 1.0
"""How often that is looked at. A disk writes a few GB in that time, not more."""


MOST_STARTS = 3
"""How often it is tried to start a server."""


class ServerLost(Exception):
    """The server ended, or sent what cannot be read."""


class ServerNotStarted(VerifierUnavailable):
    """A server cannot be started: that says nothing about the code that was to run in it."""


class ServerFloods(ServerLost):
    """The code wrote more to the disk than it may."""


class ServerSilent(Exception):
    """Nothing came from the server in time."""


class Server:
    """One server process, started at once, and asked to say that it is ready on first use."""

    def __init__(
        self,
        starter: Starter,
        command: Sequence[str],
        environment: Mapping[str, str],
        settings: Mapping[str, Any],
        log: Path,
        *,
        scratch: Path | None = None,
    ) -> None:
        """`scratch` is the folder on the disk that its processes can write to, if any.

        Raises ServerLost where the run is over.
        """
        self._starter = starter
        self._command, self._environment, self._settings = command, environment, settings
        self._log = log
        self._scratch = scratch
        self._ready = False
        self._start()

    def _start(self) -> None:
        with self._log.open("wb") as errors:
            try:
                process = self._starter.start(
                    self._command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=errors,
                    env=dict(self._environment),
                    cwd="/",
                    start_new_session=True,
                    bufsize=0,
                )
            except OSError as error:
                raise ServerNotStarted(f"the worker cannot be started: {error}") from error
        if process is None:
            raise ServerLost("the run is over")
        self._process = process
        self._buffer = bytearray()
        with contextlib.suppress(ServerLost):  # it is met again when the answer is waited for
            self._send(self._settings)

    def send(self, message: Mapping[str, Any]) -> None:
        """Send one request. Raises ServerLost, and ServerNotStarted where it never came up."""
        if not self._ready:
            self._wait_until_ready()
        self._send(message)

    def _wait_until_ready(self) -> None:
        """A start that fails says something about the machine alone, and is tried again."""
        for start in range(1, MOST_STARTS + 1):
            with contextlib.suppress(ServerLost, ServerSilent):
                if self.receive(START_SECONDS).get("ready") is True:
                    self._ready = True
                    return
            said = self._last_words()
            if start < MOST_STARTS:
                self.close()
                self._start()
        raise ServerNotStarted(f"the worker did not start in {MOST_STARTS} tries: {said}")

    def _send(self, message: Mapping[str, Any]) -> None:
        assert self._process.stdin is not None
        data = json.dumps(message).encode() + b"\n"
        try:
            while data:
                data = data[self._process.stdin.write(data) or 0 :]
        except OSError as error:
            raise ServerLost(str(error)) from error

    def receive(self, seconds: float) -> dict[str, Any]:
        """The next message; for `seconds` of a machine with nothing else to do it is waited. Raises
        ServerLost and ServerSilent."""
        assert self._process.stdout is not None
        clock = Clock(self._process.pid)
        descriptor = self._process.stdout.fileno()
        while b"\n" not in self._buffer:
            left = seconds - clock.passed()
            if left <= 0:
                raise ServerSilent
            if not select.select([descriptor], [], [], min(left, LOOK_SECONDS))[0]:
                self._end_a_flood()
                continue
            data = os.read(descriptor, 1 << 16)
            if not data or len(self._buffer) > LONGEST_LINE:
                raise ServerLost("the worker ended")
            self._buffer += data
        line, _, rest = bytes(self._buffer).partition(b"\n")
        self._buffer = bytearray(rest)
        try:
            message = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise ServerLost("the worker's words cannot be read") from error
        if not isinstance(message, dict):
            raise ServerLost("the worker's words cannot be read")
        return message

    def _end_a_flood(self) -> None:
        if self._scratch is not None and written_to(self._scratch) > MOST_WRITTEN:
            raise ServerFloods(f"the code wrote more than {MOST_WRITTEN >> 30} GB to the disk")

    def close(self) -> None:
        """Kill the server and, with its namespace or its group, what it started."""
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()

    def _last_words(self) -> str:
        said = self._log.read_bytes()[-2000:].decode(errors="replace").strip()
        return said.rpartition("\n")[2] or "it said nothing"


def written_to(folder: Path) -> int:
    """Bytes on the disk of all files below a folder that somebody may be writing to."""
    total = 0
    for directory, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += Path(directory, name).lstat().st_blocks * 512
    return total
