"""The changes as a unified diff: bytes that `git apply` takes, or the same for a terminal.

Content stays in the file's own encoding and with its own line ends. Names are those that git would
print: relative to the root of the repository that one stands in, which is what `git apply` wants in
its root and in every folder below; outside of one, relative to the folder that one stands in.
"""

import difflib
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from torchscript_fix.result import FileChange
from torchscript_fix.terminal import visible

CONTEXT = 3
_NO_NEWLINE = b"\\ No newline at end of file\n"


def patch(changes: Iterable[FileChange], here: Path) -> bytes:
    """All changes as one patch, named as seen from the folder `here` (absolute)."""
    return b"".join(line for change in changes for line in _lines(change, here))


def coloured_patch(changes: Iterable[FileChange], here: Path) -> str:
    """The patch decoded and coloured, with what a terminal would obey made visible."""
    return "".join(_coloured(change, here) for change in changes)


def _lines(change: FileChange, here: Path) -> Iterator[bytes]:
    name = os.fsencode(shown_to_git(change.path, here))
    old, new = b"a/" + name, b"b/" + name
    yield b"diff --git %s %s\n" % (_quoted(old), _quoted(new))
    hunks = difflib.diff_bytes(
        difflib.unified_diff,
        _split(change.before),
        _split(change.after),
        _closed(old),
        _closed(new),
        n=CONTEXT,
        lineterm=b"\n",
    )
    for line in hunks:
        yield line if line.endswith(b"\n") else line + b"\n" + _NO_NEWLINE


def _split(data: bytes) -> list[bytes]:
    """Lines as git counts them: ended by LF alone, which stays on them."""
    return re.findall(rb"[^\n]*\n|[^\n]+", data)


# --------------------------------------------------------------------------------------- names


def shown_to_git(path: Path, here: Path) -> str:
    """The name under which `git apply` finds `path` from `here`.

    A file that lies neither in the repository around `here` nor below `here` is named for its own
    repository, where its patch has to be applied.
    """
    for base in (_repository(here), here, _repository(path.parent), path.parent):
        if base is not None and path.is_relative_to(base):
            return path.relative_to(base).as_posix()
    raise AssertionError(path)


def _repository(folder: Path) -> Path | None:
    return next((up for up in (folder, *folder.parents) if os.path.lexists(up / ".git")), None)


def _quoted(name: bytes) -> bytes:
    """A name in double quotes where git would not read it as it stands (its quote.c)."""
    try:
        name.decode("utf-8")
        odd = rb'[\x00-\x1f\x7f"\\]'
    except UnicodeDecodeError:
        odd = rb'[\x00-\x1f\x7f"\\\x80-\xff]'
    if not re.search(odd, name):
        return name
    escaped = re.sub(odd, lambda found: _escaped(found.group()[0]), name)
    return b'"' + escaped + b'"'


def _escaped(byte: int) -> bytes:
    if byte in b'"\\':
        return b"\\" + bytes([byte])
    return b"\\%03o" % byte


def _closed(name: bytes) -> bytes:
    """A name for the lines `---` and `+++`, where a tab ends one that contains spaces."""
    quoted = _quoted(name)
    return quoted + b"\t" if b" " in quoted and quoted == name else quoted


# ----------------------------------------------------------------------------------- terminals


def _coloured(change: FileChange, here: Path) -> str:
    shown = []
    for number, line in enumerate(_lines(change, here)):
        in_header = number < 3
        text = line.decode("utf-8" if in_header else change.encoding, "backslashreplace")
        text = visible(text.removesuffix("\n").removesuffix("\r"))
        colour = {"@": "cyan", "+": "green", "-": "red"}.get(text[:1])
        if in_header:
            text = click.style(text, bold=True)
        elif colour:
            text = click.style(text, fg=colour)
        shown.append(text + "\n")
    return "".join(shown)
