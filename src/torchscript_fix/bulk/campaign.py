"""The coordinator: sends repositories out, a few at a time, and keeps what comes back.

It idles while it waits. All that it knows is in the state, so that it can be killed at any moment.
"""

import errno
import fcntl
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import msgspec

from torchscript_fix.bulk import sources
from torchscript_fix.bulk.database import DiskFull
from torchscript_fix.bulk.executors import Crew, SchedulerGone, was_lost
from torchscript_fix.bulk.order import Answer, Options, Order, decoded_answer, failed
from torchscript_fix.bulk.rows import Done
from torchscript_fix.bulk.state import Lost, Row, State
from torchscript_fix.report import document
from torchscript_fix.report.describe import blanked, tool

MOST_TRIES = 3
LOOK = 2.0
"""Seconds after which it looks whether the crew is still there, though nothing came back."""


class InUse(Exception):
    """Another run is at work on the folder."""


class Watcher(Protocol):
    """Whoever wants to see how a run goes."""

    def begin(self, total: int, counts: dict[str, int]) -> None:
        """All sources are known; `counts` are the verdicts of what was done before."""

    def sent(self, name: str) -> None:
        """A repository is in the hands of the crew."""

    def done(self, result: document.Repository) -> None:
        """A repository is done, and kept."""

    def lost(self, name: str, reason: str) -> None:
        """A repository's worker was lost; it is tried again."""


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Be the only run on a folder. Raises InUse. The lock goes with the process."""
    with (folder / "lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            file.seek(0)
            who = file.read(200).strip() or "another process"
            raise InUse(
                f"{folder} is in use by {who}: 'torchscript-fix bulk status' shows how far it is"
            ) from error
        file.seek(0)
        file.truncate()
        file.write(f"process {os.getpid()} on {os.uname().nodename}\n")
        file.flush()
        try:
            yield
        finally:
            with suppress(OSError):
                file.seek(0)
                file.truncate()


@dataclass(frozen=True)
class Plan:
    """What is to be done, and where."""

    folder: Path
    sources: tuple[str, ...]
    options: Options
    committer: str
    retry: bool = False


@dataclass
class Campaign:
    """One run of the command, on a folder that is locked."""

    plan: Plan
    state: State
    crew: Crew
    watcher: Watcher
    run: int = 0
    digest: str = ""
    pending: "dict[Future[bytes], Row]" = field(default_factory=dict)

    def go(self) -> None:
        """Do all that is left. Raises WrongSource, SchedulerGone, DiskFull; what was done is kept.

        Whatever is raised, KeyboardInterrupt included, the crew has stopped.
        """
        try:
            self._begin()
            self._work()
            self.state.finish()
        finally:
            self.crew.stop()

    def _begin(self) -> None:
        made, options = tool(), self.plan.options
        versions = f"{made.version} {made.torch} {made.libcst} {made.python}"
        self.digest = options.digest(versions)
        self.run = self.state.begin(
            made, msgspec.to_builtins(options), self.digest, options.sandbox
        )
        meant = sources.find(self.plan.sources, self.plan.folder)
        found = ((source, sources.peek(source)) for source in meant)
        self.state.name(self.run, found, self.digest, self.plan.retry)
        counts = self.state.counts()
        self.watcher.begin(sum(counts.values()), counts)

    def _work(self) -> None:
        window = 2 * self.crew.jobs
        while True:
            more = self.state.waiting(self.run, window - len(self.pending))
            for row in more:
                self.pending[self._sent(row)] = row
                self.watcher.sent(row.name)
            if not self.pending:
                return
            ready, _ = wait(self.pending, LOOK, FIRST_COMPLETED)
            if not self.crew.is_there():
                raise SchedulerGone("the scheduler has gone away")
            if ready:
                self._settle([(self.pending.pop(future), future) for future in ready])

    def _sent(self, row: Row) -> "Future[bytes]":
        order = self._order(row)
        if not row.why_not:
            return self.crew.submit(msgspec.json.encode(order))
        refused = failed(order, "refused", row.why_not, blanked(row.why_not))
        known: Future[bytes] = Future()
        known.set_result(msgspec.json.encode(Answer(fate="done", repository=refused)))
        return known

    def _order(self, row: Row) -> Order:
        scratch, clones = (
            (str(self.plan.folder / "scratch"), str(self.plan.folder / "clones"))
            if self.crew.shares_disk
            else (None, None)
        )
        return Order(
            key=row.key,
            name=row.name,
            slug=row.slug,
            source=row.source,
            location=row.location,
            is_url=row.is_url,
            pin=row.pin,
            options=self.plan.options,
            committer=self.plan.committer,
            scratch=scratch,
            clones=clones,
        )

    # ----------------------------------------------------------------------------- coming back

    def _settle(self, ready: "Sequence[tuple[Row, Future[bytes]]]") -> None:
        done: list[Done] = []
        lost: list[Lost] = []
        for row, future in ready:
            answer = self._answer(row, future)
            if answer.fate == "disk-full":
                raise DiskFull(answer.message)
            if answer.repository is None and row.tries + 1 < MOST_TRIES:
                lost.append(Lost(row.key, answer.message))
                self.watcher.lost(row.name, answer.message)
                continue
            result = answer.repository or self._given_up(row, answer.message)
            result = msgspec.structs.replace(result, name=row.name, tries=row.tries + 1)
            self._keep_patch(row, answer.patch)
            done.append(Done(row.key, result))
        self.state.settle(done, lost, self.digest)
        for each in done:
            self.watcher.done(each.result)

    def _answer(self, row: Row, future: "Future[bytes]") -> Answer:
        why = was_lost(future)
        if why is not None:
            return Answer(fate="lost", message=why)
        try:
            return decoded_answer(future.result())
        except msgspec.MsgspecError as error:
            words = f"its answer cannot be read: {error}"
            broken = failed(self._order(row), "crashed", words, blanked(words))
            return Answer(fate="done", repository=broken)

    def _given_up(self, row: Row, reason: str) -> document.Repository:
        words = f"lost {('once', 'twice', 'three times')[MOST_TRIES - 1]}: {reason}"
        return failed(self._order(row), "crashed", words, blanked(words))

    def _keep_patch(self, row: Row, patch: bytes | None) -> None:
        folder = self.plan.folder / "patches"
        path = folder / f"{row.slug}.patch"
        try:
            if patch is None:
                path.unlink(missing_ok=True)
                return
            folder.mkdir(exist_ok=True)
            write_synced(path, patch)
        except OSError as error:
            raise full_or_broken(error, path) from error


def write_synced(path: Path, data: bytes) -> None:
    """Write a file whole or not at all, so that it survives the machine's end."""
    begun = path.with_name(f".{path.name}.begun")
    with begun.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    begun.replace(path)


def full_or_broken(error: OSError, path: Path) -> Exception:
    """DiskFull where it is that, the error itself otherwise."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFull(f"{path} cannot be written: {error.strerror}")
    return error
