"""Paths in, Python files out: what git ignores, environments and links are passed over and counted.

Also the import root: the folder from which Python imports what lies under a path.
"""

import os
import re
import stat
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from pathspec import GitIgnoreSpec

from torchscript_fix.source import Unreadable


class NoSuchPath(Exception):
    """A path that the user gave and that does not exist: the command itself is wrong."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.path = path

    def __str__(self) -> str:
        link = link_said(self.path)
        return f"no such file or folder: {self.path}" + (f" ({link})" if link else "")


@dataclass(frozen=True)
class Skipped:
    """How many files or folders were passed over for one reason."""

    reason: str
    count: int


@dataclass(frozen=True)
class Discovery:
    """The Python files under the given paths: absolute, each once, in the order of their names."""

    files: tuple[Path, ...]
    skipped: tuple[Skipped, ...] = ()
    problems: tuple[Unreadable, ...] = ()
    """Files that were named and cannot be taken, folders that cannot be read."""
    notes: tuple[str, ...] = ()
    """Lines for the user: where a named link leads, which folder holds no Python file."""


def discover(paths: Sequence[Path]) -> Discovery:
    """Find the `.py` files at or under `paths`.

    A file that is named is taken even where git ignores it; a link that is named is followed, those
    met on the way are not. Raises NoSuchPath for a path that does not exist, and for a link to one.
    """
    walk = _Walk()
    files: set[Path] = set()
    notes: list[str] = []
    for path in paths:
        if not path.exists():
            raise NoSuchPath(path)
        link = link_said(path)
        if link:
            notes.append(f"{link}: that is what is looked at.")
        if path.is_dir():
            skipped_before = sum(walk.skipped.values())
            found = set(walk.files(Path(os.path.realpath(path))))
            if not found:
                skipped = sum(walk.skipped.values()) - skipped_before
                notes.append(_nothing_in(path, skipped))
            files |= found
        else:
            files |= walk.named(path)
    ordered = sorted(files, key=lambda file: os.fsencode(file).split(os.fsencode(os.sep)))
    counts = tuple(Skipped(reason, count) for reason, count in sorted(walk.skipped.items()))
    return Discovery(tuple(ordered), counts, tuple(walk.problems), tuple(notes))


def link_said(path: Path) -> str:
    """`net.py is a link to /store/net.py`; "" where the path is none."""
    return f"{path} is a link to {os.path.realpath(path)}" if path.is_symlink() else ""


def _nothing_in(folder: Path, skipped: int) -> str:
    note = f"There is no Python file in {folder}"
    return f"{note} ({skipped} skipped: ignored, hidden or linked)." if skipped else f"{note}."


# ------------------------------------------------------------------------------------- walking


@dataclass(frozen=True)
class _Ignore:
    """The patterns of one `.gitignore`, which hold under its folder."""

    folder: Path
    spec: GitIgnoreSpec

    def says(self, path: Path, is_folder: bool) -> bool | None:
        """Whether git would ignore `path`; None where these patterns say nothing."""
        name = path.relative_to(self.folder).as_posix() + ("/" if is_folder else "")
        return self.spec.check_file(name).include


@dataclass
class _Walk:
    """One walk through folders, and what it passed over."""

    skipped: Counter[str] = field(default_factory=Counter)
    problems: list[Unreadable] = field(default_factory=list)

    def named(self, path: Path) -> set[Path]:
        """A file that the user named, or the one that a link leads to which they named."""
        path = Path(os.path.realpath(path)) if path.is_symlink() else path
        if not stat.S_ISREG(path.stat().st_mode):
            self._refuse(path, "it is neither a regular file nor a folder")
        elif path.suffix != ".py":
            self._refuse(path, "it is not a Python file", "Its name would have to end in .py")
        else:
            return {Path(os.path.realpath(path.parent)) / path.name}
        return set()

    def _refuse(self, path: Path, reason: str, advice: str = "") -> None:
        self.problems.append(Unreadable(path, None, reason, advice))

    def files(self, folder: Path) -> Iterator[Path]:
        """The Python files under a folder that the user named, whatever git says of itself."""
        yield from self._under(folder, _ignores_above(folder))

    def _under(self, folder: Path, ignores: tuple[_Ignore, ...]) -> Iterator[Path]:
        try:
            with os.scandir(folder) as scan:
                entries = sorted(scan, key=lambda entry: os.fsencode(entry.name))
        except OSError as error:
            self._refuse(folder, f"this folder cannot be read: {error.strerror}")
            return
        ignores = (*ignores, *_ignores_of(folder))
        for entry in entries:
            path = folder / entry.name
            is_folder = entry.is_dir(follow_symlinks=False)
            if not is_folder and not entry.name.endswith(".py"):
                self._count_linked_folder(entry)
                continue
            reason = _reason_to_skip(entry, path, is_folder, ignores)
            if reason:
                self.skipped[reason] += 1
            elif is_folder:
                inside_own_repository = os.path.lexists(path / ".git")
                yield from self._under(path, () if inside_own_repository else ignores)
            else:
                yield path

    def _count_linked_folder(self, entry: "os.DirEntry[str]") -> None:
        if entry.is_symlink() and entry.is_dir():
            self.skipped[_LINK] += 1


_LINK = "links"


def _reason_to_skip(
    entry: "os.DirEntry[str]", path: Path, is_folder: bool, ignores: Sequence[_Ignore]
) -> str | None:
    if entry.is_symlink():
        return _LINK  # what it points to within the path is met there
    if is_folder:
        reason = _kind_of_folder_to_skip(path)
        if reason:
            return reason
    elif not entry.is_file(follow_symlinks=False):
        return "special files"
    for ignore in reversed(ignores):  # the nearest .gitignore has the last word
        verdict = ignore.says(path, is_folder)
        if verdict is not None:
            return "ignored by git" if verdict else None
    return None


def _kind_of_folder_to_skip(folder: Path) -> str | None:
    name = folder.name
    if name.startswith("."):
        return "hidden folders"
    if name in ("site-packages", "dist-packages", "node_modules", "__pycache__"):
        return f"{name} folders"
    if name.endswith((".egg-info", ".egg", ".dist-info")):
        return "built packages"
    # A package may be called `build`; what setuptools leaves there is none itself.
    if name == "build" and not os.path.lexists(folder / "__init__.py"):
        return "build folders"
    if os.path.lexists(folder / "pyvenv.cfg") or os.path.lexists(folder / "conda-meta"):
        return "virtual environments"
    return None


def _ignores_above(folder: Path) -> tuple[_Ignore, ...]:
    """The patterns of the repository around a folder, from its root down to the folder's parent.

    None where the repository ignores the folder itself: the user named it all the same.
    """
    root = next((up for up in (folder, *folder.parents) if os.path.lexists(up / ".git")), None)
    if root is None or root == folder:
        return ()
    between = [up for up in reversed(folder.parents) if up == root or root in up.parents]
    ignores: tuple[_Ignore, ...] = ()
    for parent, child in zip(between, [*between[1:], folder], strict=True):
        ignores = (*ignores, *_ignores_of(parent))
        for ignore in reversed(ignores):
            verdict = ignore.says(child, is_folder=True)
            if verdict is not None:
                if verdict:
                    return ()
                break
    return ignores


def _ignores_of(folder: Path) -> tuple[_Ignore, ...]:
    """The patterns that a folder brings along: `.git/info/exclude`, then its `.gitignore`."""
    ignores = []
    for file in (folder / ".git" / "info" / "exclude", folder / ".gitignore"):
        try:
            lines = os.fsdecode(file.read_bytes()).splitlines()
        except OSError:
            continue
        patterns = [line for line in lines if _is_pattern(line)]
        if patterns:
            ignores.append(_Ignore(folder, GitIgnoreSpec.from_lines(patterns)))
    return tuple(ignores)


def _is_pattern(line: str) -> bool:
    """Whether pathspec takes a line; git, too, passes over those that mean nothing."""
    if not line.strip() or line.startswith("#"):
        return False
    try:
        GitIgnoreSpec.from_lines([line])
    except (ValueError, re.error):
        return False
    return True


# --------------------------------------------------------------------------------- import root


def import_root(path: Path) -> Path:
    """The folder from which Python imports what lies at or under `path`, absolute.

    The nearest folder at or above without an `__init__.py`. A project folder whose packages lie in
    `src/` stands for that `src/`.
    """
    is_folder = path.is_dir()
    real = Path(os.path.realpath(path))
    root = real if is_folder else real.parent
    if is_folder and _keeps_packages_in_src(root):
        return root / "src"
    while (root / "__init__.py").exists() and root != root.parent:
        root = root.parent
    return root


def _keeps_packages_in_src(folder: Path) -> bool:
    """Whether a folder is a project in src layout: packages in `src/`, which is none itself."""
    source = folder / "src"
    if any((place / "__init__.py").exists() for place in (folder, source)):
        return False
    if not any(source.glob("*/__init__.py")):
        return False
    # `from src.models import …` works from the project folder only: `src` is a namespace package.
    scripts = islice((*folder.glob("*.py"), *source.glob("*/*.py")), 200)
    return not any(_IMPORTS_FROM_SRC.search(_head(script)) for script in scripts)


_IMPORTS_FROM_SRC = re.compile(rb"^\s*(?:from|import)\s+src\b", re.MULTILINE)


def _head(script: Path) -> bytes:
    try:
        with script.open("rb") as file:
            return file.read(20_000)
    except OSError:
        return b""
