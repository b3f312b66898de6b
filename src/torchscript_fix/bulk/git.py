"""The `git` on PATH, hardened: what lies in somebody else's clone is data, and never a program.

A clone's own configuration can name programs (fsmonitor, filters, hooks, pagers), so git sees it
inside of bubblewrap alone, without a network and with nothing else to read or write. Nearly all is
asked of a scratch repository instead, which borrows the clone's objects and has a configuration of
its own.
"""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from torchscript_fix.verify.sandbox import Mounts, contained, is_system

HARDENED = (
    *("-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false"),
    *("-c", "protocol.allow=never", "-c", "safe.directory=*", "-c", "gc.auto=0"),
    *("-c", "core.pager=cat", "-c", "core.askPass=", "-c", "credential.helper="),
)

_ENVIRONMENT = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_CEILING_DIRECTORIES": "/",
    "HOME": "/nonexistent",
    "LC_ALL": "C.UTF-8",
    "TZ": "UTC",
}


class GitFailed(Exception):
    """git said no; the text is its last words."""


class NoGit(Exception):
    """There is no git on PATH."""

    def __str__(self) -> str:
        return "there is no git on PATH: install it (apt install git)"


def git_on_path() -> str:
    """Raises NoGit."""
    found = shutil.which("git")
    if found is None:
        raise NoGit
    return found


@dataclass(frozen=True)
class Git:
    """git as it sees `readable` and `writable` places and nothing else of the user's."""

    sandboxed: bool
    readable: tuple[Path, ...] = ()
    writable: tuple[Path, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)

    def command(
        self, arguments: Sequence[str], environment: Mapping[str, str] | None = None
    ) -> tuple[list[str], dict[str, str]]:
        """The command line, and the environment it is to be started in."""
        program = git_on_path()
        line = [program, *HARDENED, *arguments]
        told = {**_ENVIRONMENT, **self.environment, **(environment or {})}
        if not self.sandboxed:
            return line, {"PATH": os.environ.get("PATH", os.defpath), **told}
        told["PATH"] = f"{Path(program).parent}:/usr/bin:/bin"
        seen = {place: place for place in (*self.readable, *_installed(program))}
        mounts = Mounts(seen, {place: place for place in self.writable})
        return contained(line, mounts, told), {"PATH": told["PATH"]}

    def run(
        self,
        *arguments: str,
        data: bytes | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> bytes:
        """What git prints. Raises GitFailed with what it complains of."""
        line, told = self.command(arguments, environment)
        done = subprocess.run(
            line,
            input=data,
            stdin=subprocess.DEVNULL if data is None else None,
            capture_output=True,
            env=told,
            cwd="/",
            check=False,
        )
        if done.returncode:
            raise GitFailed(last_words(done.stderr, done.returncode))
        return done.stdout

    @contextmanager
    def stream(self, *arguments: str) -> "Iterator[subprocess.Popen[bytes]]":
        """A git that is talked with; ended with the block."""
        line, told = self.command(arguments)
        with subprocess.Popen(
            line,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=told,
            cwd="/",
        ) as process:
            try:
                yield process
            finally:
                process.kill()


def last_words(said: bytes, code: int) -> str:
    """What git complains of, in one line."""
    if code < 0:
        return f"git was ended by {signal_name(-code)}"
    lines = [line.strip() for line in said.decode(errors="replace").splitlines() if line.strip()]
    told = [line for line in lines if line.startswith(("fatal:", "error:"))] or lines
    return told[-1].partition(": ")[2] or told[-1] if told else f"git ended with code {code}"


def signal_name(number: int) -> str:
    """`SIGKILL`, or the number where it has no name."""
    return next((each.name for each in signal.Signals if each == number), f"signal {number}")


def _installed(program: str) -> list[Path]:
    """Where a git that is not the system's lies: its programs are beside it."""
    place = Path(os.path.realpath(program)).parent.parent
    return [] if is_system(place) or place == Path("/") else [place]
