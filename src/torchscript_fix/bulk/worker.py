"""What an executor is given to do: start the process of one repository, watch it, take its answer.

It runs in a thread of the coordinator or on a worker of Dask, and needs nothing from either.
"""

import errno
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from torchscript_fix.bulk import processes
from torchscript_fix.bulk.clone import read_plain
from torchscript_fix.bulk.git import signal_name
from torchscript_fix.bulk.order import (
    LARGEST_ANSWER,
    Answer,
    Order,
    decoded_answer,
    decoded_order,
    failed,
)
from torchscript_fix.bulk.repository import ANSWER, TEMPORARY, options_memory
from torchscript_fix.report.describe import blanked, unicode

PREFIX = "torchscript-fix-bulk-"
GLANCE = 1.0
"""Seconds between two looks at what a repository takes."""
LOST = (signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
"""Signals that come from outside: somebody ended the process, or the machine had no memory."""
FREE_AT_LEAST = 64 << 20

_live: set[int] = set()
_lock = threading.Lock()
_ending = False


def carry_out(data: bytes) -> bytes:
    """The Answer to an Order, both as JSON. Nothing that a repository does wrong is raised."""
    order = decoded_order(data)
    try:
        with _scratch(order) as folder:
            return msgspec.json.encode(_done(order, folder))
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        return msgspec.json.encode(Answer(fate="disk-full", message=str(error)))


@contextmanager
def all_ended() -> Iterator[None]:
    """End the processes of all repositories that this process has begun, and begin none within."""
    global _ending  # noqa: PLW0603  # one coordinator at a time in a process
    with _lock:
        _ending = True
        live = list(_live)
    try:
        for process in live:
            processes.kill_tree(process)
        yield
    finally:
        _ending = False


# ------------------------------------------------------------------------------------- folders


@contextmanager
def _scratch(order: Order) -> Iterator[Path]:
    """A folder for one try, gone afterwards whatever is in it."""
    parent = Path(order.scratch or tempfile.gettempdir())
    if order.scratch is None:
        sweep(parent)
    folder = Path(
        os.path.realpath(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-{order.key}-", dir=parent))
    )
    try:
        yield folder
    finally:
        remove(folder)


def sweep(parent: Path) -> None:
    """Remove what killed runs have left in a folder for scratch folders."""
    with suppress(OSError):
        for left in parent.glob(f"{PREFIX}*"):
            owner = left.name.removeprefix(PREFIX).partition("-")[0]
            ours = left.is_dir() and not left.is_symlink() and left.stat().st_uid == os.getuid()
            if ours and owner.isdigit() and not Path("/proc", owner).exists():
                remove(left)


def remove(folder: Path) -> None:
    """Remove a folder, also where its folders forbid it."""

    def permit(_: Callable[..., object], path: str, __: object) -> None:
        with suppress(OSError):
            Path(path).parent.chmod(0o700)
            place = Path(path)
            if place.is_dir() and not place.is_symlink():
                place.chmod(0o700)
                shutil.rmtree(place, ignore_errors=True)
            else:
                place.unlink()

    shutil.rmtree(folder, onerror=permit)


# ----------------------------------------------------------------------------------- one process


@dataclass(frozen=True)
class _End:
    """How the process of a repository ended."""

    by: Literal["itself", "time", "memory", "disk", "processes"]
    code: int
    peak: int


def _done(order: Order, folder: Path) -> Answer:
    started = time.monotonic()
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "torchscript_fix.bulk.repository", str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=log,
            env=_environment(folder),
            cwd="/",
            start_new_session=True,
        )
    with _lock:
        _live.add(process.pid)
        ending = _ending
    try:
        if ending:
            processes.kill_tree(process.pid)
        assert process.stdin is not None
        with suppress(OSError):
            process.stdin.write(msgspec.json.encode(order) + b"\n")
            process.stdin.flush()
        end = _watched(process, order, folder, started)
    finally:
        processes.kill_tree(process.pid)
        process.wait()
        with _lock:
            _live.discard(process.pid)
        with suppress(OSError):
            process.stdin.close()  # type: ignore[union-attr]  # it was asked for
    seconds = time.monotonic() - started
    return _judged(order, folder, end, seconds)


def _environment(folder: Path) -> dict[str, str]:
    temporary = folder / TEMPORARY
    temporary.mkdir()
    return {
        **os.environ,
        "TMPDIR": str(temporary),
        "PYTHONSAFEPATH": "1",
        "PYTHONHASHSEED": "0",
        **{f"{name}_NUM_THREADS": "1" for name in ("OMP", "MKL", "OPENBLAS", "NUMEXPR")},
    }


def _watched(
    process: "subprocess.Popen[bytes]", order: Order, folder: Path, started: float
) -> _End:
    """Wait for the process to end, and end it where it takes too much."""
    options = order.options
    peak, sized, pause = 0, started, GLANCE
    while not _ended_within(process, GLANCE, options.processes // 2):
        now = time.monotonic()
        if now - started > options.seconds:
            return _End("time", 0, peak)
        every = [process.pid, *processes.seen_below(process.pid)]
        if len(every) > options.processes:
            return _End("processes", 0, peak)
        if processes.memory_at_most(every) > peak:
            peak = max(peak, processes.memory_of(every))
        if peak > options.memory:
            return _End("memory", 0, peak)
        if now - sized > pause:
            if processes.size_of(folder) > options.disk:
                return _End("disk", 0, peak)
            sized = time.monotonic()
            pause = max(GLANCE, 50 * (sized - now))  # a large folder takes long to look through
    return _End("itself", process.returncode, peak)


def _ended_within(process: "subprocess.Popen[bytes]", seconds: float, many: int) -> bool:
    """Wait for a process to end; shorter where many others have come to be meanwhile, since what
    forks without an end has to be met before it is thousands, which take long to go."""
    deadline = time.monotonic() + seconds
    at_first = processes.threads_of_all()
    while (left := deadline - time.monotonic()) > 0:
        try:
            process.wait(min(left, 0.1))
            return True
        except subprocess.TimeoutExpired:
            if processes.threads_of_all() > at_first + many:
                return False
    return False


def _judged(order: Order, folder: Path, end: _End, seconds: float) -> Answer:
    options = order.options
    if end.by == "time":
        return _failed(order, "timed-out", f"took more than {options.seconds:g} s", seconds, end)
    if end.by != "itself":
        most = {
            "memory": f"took more than {options_memory(options)} of memory",
            "disk": f"wrote more than {options.disk / (1 << 30):.3g} GB to its scratch folder",
            "processes": f"started more than {options.processes} processes",
        }[end.by]
        return _failed(order, "crashed", most, seconds, end)
    if -end.code in LOST or _ending:
        return Answer(fate="lost", message=f"its process was ended by signal {-end.code}")
    if end.code == -signal.SIGXCPU:
        return _failed(order, "timed-out", "took too much time of the processor", seconds, end)
    if end.code == 0:
        return _answer(order, folder, seconds, end)
    if shutil.disk_usage(folder).free < FREE_AT_LEAST:
        return Answer(fate="disk-full", message=f"no space left on the disk of {folder.parent}")
    said = _last_words(folder)
    how = (
        f"its process was ended by {signal_name(-end.code)}"
        if end.code < 0
        else f"its process ended with code {end.code}"
    )
    return _failed(order, "crashed", f"{how}{f': {said}' if said else ''}", seconds, end)


def _answer(order: Order, folder: Path, seconds: float, end: _End) -> Answer:
    data = read_plain(folder / ANSWER, LARGEST_ANSWER)
    if data is None:
        return _failed(order, "crashed", "its process left no answer", seconds, end)
    try:
        answer = decoded_answer(data)
    except msgspec.MsgspecError as error:
        return _failed(order, "crashed", f"its answer cannot be read: {error}", seconds, end)
    if answer.repository is None:
        return answer
    told = msgspec.structs.replace(
        answer.repository, seconds=round(seconds, 3), peak_memory=end.peak
    )
    return msgspec.structs.replace(answer, repository=told)


def _failed(
    order: Order, verdict: Literal["timed-out", "crashed"], said: str, seconds: float, end: _End
) -> Answer:
    repository = failed(order, verdict, unicode(said), blanked(said), seconds=seconds)
    return Answer(fate="done", repository=msgspec.structs.replace(repository, peak_memory=end.peak))


def _last_words(folder: Path) -> str:
    try:
        with (folder / "log").open("rb") as log:
            log.seek(0, os.SEEK_END)
            log.seek(max(0, log.tell() - 2000))
            said = log.read().decode(errors="replace").strip()
    except OSError:
        return ""
    return said.rpartition("\n")[2][:500]
