"""`requirements.txt` and its like, with the files that they include: what pip would install."""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from torchscript_fix.packages.declaration import Declaration, declaration
from torchscript_fix.packages.repository import NotRead, shown, text_of

MOST_INCLUDED = 50
LONGEST_SHOWN = 80

_INCLUDE = re.compile(r"(?:-r|--requirement)[\s=]*(\S.*)")
_INDEX = re.compile(r"(?:-i|--index-url|--extra-index-url|-f|--find-links)[\s=]*(\S+)")
_PUBLIC = re.compile(r"https://(pypi|pypi\.python|download\.pytorch|data\.pyg)\.org(/|$)")
"""Indexes by whose names everybody means the same."""
_COMMENT = re.compile(r"(^|\s)#.*$")
_OPTION = re.compile(r"\s--?[a-z].*$")


def read_requirement_file(
    path: Path, root: Path, markers: Mapping[str, str]
) -> tuple[list[Declaration], list[str]]:
    """What a file declares, with those that it includes; and which of them were not read, in
    words."""
    not_read: list[str] = []
    lines = list(_lines(path, root, not_read))
    indexes = [match[1] for line in lines if (match := _INDEX.fullmatch(line))]
    other = not all(map(_PUBLIC.match, indexes))
    found = (declaration(_OPTION.sub("", line), markers, other) for line in lines)
    return [each for each in found if each is not None], not_read


def _lines(path: Path, root: Path, not_read: list[str]) -> Iterator[str]:
    """The lines of a file and of those that it includes, each file once."""
    waiting, seen = [path], {os.path.realpath(path)}
    while waiting:
        file = waiting.pop(0)
        try:
            text = text_of(file, root)
        except NotRead as error:
            not_read.append(str(error))
            continue
        for raw in re.sub(r"\\\r?\n", " ", text).splitlines():
            line = _COMMENT.sub("", raw).strip()
            include = _INCLUDE.fullmatch(line)
            if include is None:
                yield line
                continue
            other = _included(file, include[1].strip("\"' "), root, not_read)
            real = os.path.realpath(other) if other is not None else None
            if other is not None and real not in seen and len(seen) < MOST_INCLUDED:
                seen.add(str(real))
                waiting.append(other)


def _included(file: Path, name: str, root: Path, not_read: list[str]) -> Path | None:
    """Where an included file lies; None, and said, where that is nowhere to look."""
    if "\0" in name or "://" in name or len(name) > LONGEST_SHOWN:
        words = name[:LONGEST_SHOWN] if name.isprintable() else ascii(name)[:LONGEST_SHOWN]
        not_read.append(f"{words}, which {shown(file, root)} includes, is not in the repository")
        return None
    return file.parent / name
