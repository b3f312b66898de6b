"""The repository around a path: where it is, what its files say, and which top-level names are its
own. Nothing outside of it is read, whatever its files name or link to."""

import codecs
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from torchscript_fix.importing.repository import repository_of

LARGEST = 300_000
"""Bytes of a file that declares packages; beyond that it is something else."""
MOST_ENTRIES = 300_000
"""Files and folders that are looked at for the repository's own names."""

_MODULES = (".py", ".pyi", ".pyx", ".so", ".pyd")
_NOT_OWN = frozenset({"site-packages", "dist-packages", "node_modules", "__pycache__"})


class NotRead(Exception):
    """A file that is not read: which, and why."""


def repository_around(path: Path) -> Path:
    """The nearest folder at or above a path that git has for one; else the folder that it is or is
    in."""
    folder = Path(os.path.realpath(path if path.is_dir() else path.parent))
    return repository_of(folder) or folder


def text_of(path: Path, root: Path) -> str:
    """The text of a file that lies below `root`, links resolved. Raises NotRead."""
    real = Path(os.path.realpath(path))
    if not real.is_relative_to(root):
        raise NotRead(f"{shown(path, root)} lies outside of the repository")
    try:
        if not stat.S_ISREG(real.stat().st_mode):
            raise NotRead(f"{shown(path, root)} is no regular file")
        with real.open("rb") as file:
            data = file.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        raise NotRead(f"{shown(path, root)} cannot be read") from error
    if len(data) > LARGEST:
        raise NotRead(f"{shown(path, root)} is larger than {LARGEST // 1000} kB")
    return _decoded(data)


def shown(path: Path, root: Path) -> str:
    """A path in words: relative to `root`, and of nothing that a terminal could obey."""
    text = os.path.relpath(path, root)
    return text if text.isprintable() else ascii(text)[1:-1]


def _decoded(data: bytes) -> str:
    """As pip does: by its byte order mark (Windows writes UTF-16). Names are ASCII, so that what no
    UTF-8 is costs the line it is in and no other."""
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "replace")
    return data.decode("utf-8", "replace")


# ----------------------------------------------------------------------------------- own names


def own_names(root: Path) -> set[str]:
    """The names of all folders and modules of a repository, and its own: Python finds each of them
    from somewhere. Nothing of a virtual environment that lies in it."""
    return {root.name, *_names_below(root)}


def _names_below(root: Path) -> Iterator[str]:
    waiting, seen = [root], 0
    while waiting:
        below: list[Path] = []
        for folder in waiting:
            entries = _entries(folder)
            if any(entry.name in ("pyvenv.cfg", "conda-meta") for entry in entries):
                continue
            seen += len(entries)
            if seen > MOST_ENTRIES:
                return
            for entry in entries:
                stem, dot, _ = entry.name.partition(".")
                if _is_folder(entry):
                    if entry.name not in _NOT_OWN:
                        yield entry.name
                        if stem and not entry.is_symlink():
                            below.append(folder / entry.name)
                elif dot and entry.name.endswith(_MODULES):
                    yield stem
        waiting = below


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def _entries(folder: Path) -> list["os.DirEntry[str]"]:
    try:
        with os.scandir(folder) as found:
            return sorted(found, key=lambda entry: os.fsencode(entry.name))
    except OSError:
        return []
