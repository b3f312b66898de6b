"""The repository around a path, and the import roots of its files."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from torchscript_fix.discover import discover, import_root
from torchscript_fix.importing.file_imports import FileImports, read_imports
from torchscript_fix.importing.roots import ImportRoots
from torchscript_fix.source import SourceFile, Unreadable, parsed

MOST_OTHERS = 5_000
"""Files of the repository beside those under the path that are read for their imports."""


def roots_of(
    paths: Sequence[Path],
    files: Mapping[Path, FileImports],
    named: Sequence[Path] = (),
    repository: Path | None = None,
) -> ImportRoots:
    """The import roots of `files` (those under `paths`) and of the `repository`, None for the one
    around the first of the paths; `named` are the roots that the user names."""
    first = Path(os.path.realpath(paths[0]))
    named = tuple(Path(os.path.realpath(root)) for root in named)
    base = import_root(paths[0])
    around = Path(os.path.realpath(repository)) if repository else repository_of(first)
    top = around or _top(first, base)
    for root in named:
        if top.is_relative_to(root) and not holds_home(root):
            top = root
    if not base.is_relative_to(top):
        base = top
    every = {Path(os.path.realpath(path)): facts for path, facts in files.items()}
    every = {path: facts for path, facts in every.items() if path.is_relative_to(top)}
    if around is not None and top != first:
        every = {**_others(top, every), **every}
    return ImportRoots(top, base, dict(sorted(every.items())), named)


def plain_roots(top: Path, files: Iterable[Path]) -> ImportRoots:
    """The import roots of `files` (real paths) where `top` is the folder to import from."""
    inside = [path for path in files if path.is_relative_to(top)]
    return ImportRoots(top, top, dict(_read(inside)))


def _top(path: Path, base: Path) -> Path:
    """The folder outside of which nothing is a root where a path is in no repository: the path, and
    the folder that it is imported from."""
    return path if path.is_dir() and base.is_relative_to(path) else base


def repository_of(path: Path) -> Path | None:
    """The folder of the repository around a real path; None where there is none, or where it holds
    the user's home."""
    for up in (path, *path.parents):
        if os.path.lexists(up / ".git"):
            return None if holds_home(up) else up
    return None


def holds_home(folder: Path) -> bool:
    """Whether a folder is the user's home or above it, and so not to be shown as a whole."""
    return Path(os.path.realpath(Path.home())).is_relative_to(os.path.realpath(folder))


def _others(top: Path, known: Iterable[Path]) -> dict[Path, FileImports]:
    """The files of a repository beside the known ones, as far as they can be read."""
    there = set(known)
    files = [path for path in discover([top]).files if path not in there]
    return dict(_read(files[:MOST_OTHERS]))


def _read(files: Iterable[Path]) -> Iterator[tuple[Path, FileImports]]:
    for path in files:
        try:
            yield path, read_imports(path, parsed(SourceFile.read(path).text))
        except (Unreadable, SyntaxError, ValueError, RecursionError, MemoryError):
            continue
