"""Writing many files so that there is always a way back: a journal with every original byte lies on
disk before the first file is replaced.

Journals are kept in `$XDG_STATE_HOME/torchscript-fix/journal` (`~/.local/state/…` where that is not
set), one folder a run, and not in the user's tree, which must not fill with our files.
"""

import hashlib
import json
import os
import shutil
import stat
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Protocol

from torchscript_fix.source import (
    Unwritable,
    refuse_unwritable,
    sync_folder,
    temporary_prefix,
    write_atomically,
)

_MANIFEST = "manifest.json"
_FORMAT = 1


class Change(Protocol):
    """One file to write: what it must still hold, and what it is to hold."""

    @property
    def path(self) -> Path: ...
    @property
    def before(self) -> bytes: ...
    @property
    def after(self) -> bytes: ...


class State(Enum):
    """How far a run, or its undoing, has come."""

    PLANNED = "planned"
    """Some of the files may have been replaced, or all, or none."""
    DONE = "done"
    ROLLED_BACK = "rolled-back"
    """A file could not be written, and those before it have their original bytes again."""
    UNDONE = "undone"


@dataclass(frozen=True)
class Entry:
    """One file of a run."""

    path: Path
    original: str
    """The file in the journal's folder that holds the original bytes."""
    sha256_before: str
    sha256_after: str


@dataclass(frozen=True)
class Journal:
    """What one run replaced: `folder` holds a manifest and the original bytes of every file."""

    folder: Path
    state: State
    entries: tuple[Entry, ...]


class JournalError(Exception):
    """A journal that cannot be kept or read; no file of the user's was touched."""


class WriteFailed(Exception):
    """A file could not be written, so none is: those written before it were put back.

    `left` are files that could not be put back either; their original bytes are in `journal`.
    """

    def __init__(self, cause: Unwritable, journal: Path | None, left: Sequence[Unwritable]) -> None:
        super().__init__(cause, journal, left)
        self.cause = cause
        self.journal = journal
        self.left = tuple(left)

    def __str__(self) -> str:
        if not self.left:
            return f"{self.cause}. No file was changed"
        names = "; ".join(map(str, self.left))
        return (
            f"{self.cause}. Changed, and not to be put back: {names}. "
            f"Their original bytes are in {self.journal}"
        )


# ------------------------------------------------------------------------------------- writing


def write_all(changes: Sequence[Change], state_folder: Path | None = None) -> Journal:
    """Write all changes or none: the verdicts were given on all of them together.

    Raises JournalError before anything is touched, WriteFailed after putting back what was written.
    A kill at any instant leaves every file with its old or its new bytes, and the journal.
    """
    for change in changes:
        try:
            refuse_unwritable(change.path)
            if change.path.read_bytes() != change.before:
                raise Unwritable(change.path, "it has changed since it was read", "Run again")
        except OSError as error:
            cause = Unwritable(change.path, error.strerror or str(error))
            raise WriteFailed(cause, None, ()) from error
        except Unwritable as error:
            raise WriteFailed(error, None, ()) from error
    journal = _begin(changes, state_folder or default_state_folder())
    written: list[Change] = []
    try:
        for change in changes:
            write_atomically(change.path, change.before, change.after)
            written.append(change)
    except Unwritable as error:
        left = _put_back(written)
        if not left:
            _save(journal.folder, State.ROLLED_BACK, journal.entries)
        raise WriteFailed(error, journal.folder, left) from error
    return _save(journal.folder, State.DONE, journal.entries)


def default_state_folder() -> Path:
    """Where journals are kept. Raises JournalError where there is no home to keep them in."""
    configured = os.environ.get("XDG_STATE_HOME", "")
    if Path(configured).is_absolute():
        return Path(configured) / "torchscript-fix"
    try:
        return Path.home() / ".local" / "state" / "torchscript-fix"
    except RuntimeError as error:
        raise JournalError("there is no home folder to keep the journal in") from error


def _begin(changes: Sequence[Change], state_folder: Path) -> Journal:
    """A journal on disk, whole and synced, before any file is touched."""
    name = f"{time.strftime('%Y%m%dT%H%M%S')}.{time.time_ns() % 10**9:09d}-{os.getpid()}"
    folder = state_folder / "journal" / name
    try:
        folder.mkdir(parents=True, mode=0o700)
        entries = []
        for number, change in enumerate(changes):
            original = f"{number:05d}.original"
            _write_synced(folder / original, change.before)
            entries.append(
                Entry(
                    change.path.absolute(),
                    original,
                    _sha256(change.before),
                    _sha256(change.after),
                )
            )
        journal = _save(folder, State.PLANNED, tuple(entries))
        for up in (folder.parent, *folder.parent.parents[:2]):
            sync_folder(up)
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise JournalError(
            f"the journal cannot be kept in {folder.parent}: {error.strerror}. "
            "Nothing was written; XDG_STATE_HOME names another place"
        ) from error
    return journal


def _save(folder: Path, state: State, entries: tuple[Entry, ...]) -> Journal:
    manifest = {
        "format": _FORMAT,
        "state": state.value,
        "files": [
            {
                "path": str(entry.path),
                "original": entry.original,
                "sha256_before": entry.sha256_before,
                "sha256_after": entry.sha256_after,
            }
            for entry in entries
        ],
    }
    temporary = folder / f"{_MANIFEST}.tmp"
    # ASCII, so that a name with undecodable bytes goes through as escaped surrogates.
    _write_synced(temporary, json.dumps(manifest, indent=1).encode("ascii"))
    temporary.replace(folder / _MANIFEST)
    sync_folder(folder)
    return Journal(folder, state, entries)


def _write_synced(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    path.chmod(stat.S_IRUSR | stat.S_IWUSR)


def _put_back(written: Sequence[Change]) -> list[Unwritable]:
    left = []
    for change in reversed(written):
        try:
            write_atomically(change.path, change.after, change.before)
        except Unwritable as error:
            left.append(error)
    return left


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


# ------------------------------------------------------------------------------------- the way back


@dataclass(frozen=True)
class Undoing:
    """What undoing a run did to each of its files."""

    restored: tuple[Path, ...]
    already: tuple[Path, ...]
    """Files that had their original bytes."""
    refused: tuple[Unwritable, ...]
    """Files that have changed since the run, or cannot be written: left as they are."""


def journals(state_folder: Path | None = None) -> tuple[Path, ...]:
    """The folders of all journals, oldest first."""
    folder = (state_folder or default_state_folder()) / "journal"
    return tuple(sorted(path.parent for path in folder.glob(f"*/{_MANIFEST}")))


def read_journal(folder: Path) -> Journal:
    """Read a journal. Raises JournalError where it is not whole."""
    try:
        manifest: Any = json.loads((folder / _MANIFEST).read_text("ascii"))
        entries = tuple(
            Entry(Path(file["path"]), file["original"], file["sha256_before"], file["sha256_after"])
            for file in manifest["files"]
        )
        int(folder.name.rpartition("-")[2])  # the process that kept it
        return Journal(folder, State(manifest["state"]), entries)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise JournalError(f"{folder} is not a journal: {error}") from error


def undo(folder: Path) -> Undoing:
    """Give every file of a run its original bytes again, except where somebody changed it since.

    Works on a run that was killed half way as well. Raises JournalError, before anything is
    touched, where the journal does not hold what the manifest says.
    """
    journal = read_journal(folder)
    originals = [_original(journal, entry) for entry in journal.entries]
    restored: list[Path] = []
    already: list[Path] = []
    refused: list[Unwritable] = []
    for entry, original in zip(journal.entries, originals, strict=True):
        try:
            current = entry.path.read_bytes()
            if current == original:
                already.append(entry.path)
            elif _sha256(current) != entry.sha256_after:
                raise Unwritable(entry.path, "it has changed since torchscript-fix wrote it")
            else:
                write_atomically(entry.path, current, original)
                restored.append(entry.path)
        except OSError as error:
            refused.append(Unwritable(entry.path, error.strerror or str(error)))
        except Unwritable as error:
            refused.append(error)
    _sweep(journal)
    if not refused:
        _save(folder, State.UNDONE, journal.entries)
    return Undoing(tuple(restored), tuple(already), tuple(refused))


def _sweep(journal: Journal) -> None:
    """Remove the temporary file that a killed run may have left beside the user's."""
    process = int(journal.folder.name.rpartition("-")[2])
    for folder in {entry.path.parent for entry in journal.entries}:
        for left in folder.glob(f"{temporary_prefix(process)}*.tmp"):
            with suppress(OSError):
                left.unlink()


def _original(journal: Journal, entry: Entry) -> bytes:
    try:
        data = (journal.folder / entry.original).read_bytes()
    except OSError as error:
        raise JournalError(f"{journal.folder} lacks {entry.original}: {error.strerror}") from error
    if _sha256(data) != entry.sha256_before:
        raise JournalError(f"{journal.folder / entry.original} is damaged; nothing was undone")
    return data
