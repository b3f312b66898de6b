"""A clone on disk: where its git folder lies, which commit is checked out, whether it is clean.

All of it is read without asking git, since a clone's configuration can make git run programs; only
what its files do not tell in an easy way is asked of a sandboxed one.
"""

import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from torchscript_fix.bulk.git import Git, GitFailed

HASH = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
"""A commit in full: SHA-1 or SHA-256."""

_LARGEST_CONFIG = 1 << 20
_LARGEST_PACKED_REFS = 256 << 20


class Refused(Exception):
    """A repository that cannot be read, in words for people."""


@dataclass(frozen=True)
class Clone:
    """A clone; the folders are real paths."""

    git_folder: Path
    """HEAD and the index are here."""
    common_folder: Path
    """Objects, branches and the configuration are here: the same, but for linked work trees."""
    work_tree: Path | None
    """None where it is bare."""

    @property
    def folders(self) -> tuple[Path, ...]:
        """All that git has to see of it."""
        every = (self.git_folder, self.common_folder, self.work_tree)
        return tuple(dict.fromkeys(folder for folder in every if folder is not None))


def is_repository(folder: Path) -> bool:
    """Whether a folder is a clone, bare or not, as far as a look at it tells."""
    return os.path.lexists(folder / ".git") or _is_git_folder(folder)


def clone_at(folder: Path) -> Clone:
    """The clone in a folder. Raises Refused."""
    folder = Path(os.path.realpath(folder))
    if not folder.is_dir():
        raise Refused("there is no such folder")
    inside = folder / ".git"
    if _is_git_folder(folder) and not os.path.lexists(inside):
        return Clone(folder, folder, None)
    if not os.path.lexists(inside):
        raise Refused("it is not a git repository: there is no .git in it")
    if inside.is_symlink():
        raise Refused("its .git is a link, which is not followed")
    if inside.is_file():
        return _linked_work_tree(folder, inside)
    if not _is_git_folder(inside):
        raise Refused("its .git is not that of a git repository, or is damaged")
    return Clone(inside, inside, folder)


def _linked_work_tree(folder: Path, file: Path) -> Clone:
    """A work tree of `git worktree add`: taken where the repository that it names knows of it, so
    that a clone cannot pass somebody else's repository off as its own."""
    named = (read_plain(file, _LARGEST_CONFIG) or b"").strip()
    place = Path(os.path.realpath(folder / os.fsdecode(named.removeprefix(b"gitdir: "))))
    known_as = read_plain(place / "gitdir", _LARGEST_CONFIG)
    common = read_plain(place / "commondir", _LARGEST_CONFIG)
    if known_as is None or common is None or Path(os.fsdecode(known_as.strip())) != file:
        raise Refused("its .git is a file that names another folder, which is not followed")
    return Clone(place, Path(os.path.realpath(place / os.fsdecode(common.strip()))), folder)


def _is_git_folder(folder: Path) -> bool:
    """As git looks at it (setup.c, is_git_directory); links do not count."""
    folders = (folder / "objects", folder / "refs")
    head = folder / "HEAD"
    return (
        all(place.is_dir() and not place.is_symlink() for place in folders)
        and head.is_file()
        and not head.is_symlink()
    )


# -------------------------------------------------------------------------------------- commit


def peek_commit(clone: Clone) -> str | None:
    """The commit of HEAD, from the files of the clone; None where they do not tell."""
    head = _line(clone.git_folder / "HEAD")
    for _ in range(5):  # a ref can name another one
        if head is None or HASH.fullmatch(head):
            return head
        name = head.removeprefix("ref: ").strip()
        if not name.startswith("refs/") or ".." in name.split("/"):
            return None
        head = _line(clone.common_folder / name) or _packed(clone.common_folder, name)
    return None


def commit_of(clone: Clone, sandboxed: bool) -> str:
    """The commit of HEAD. Raises Refused where there is none."""
    commit = peek_commit(clone)
    if commit is not None:
        return commit
    git = Git(sandboxed, clone.folders)
    try:
        told = git.run(
            f"--git-dir={clone.git_folder}", "rev-parse", "--verify", "--quiet", "HEAD^{commit}"
        )
    except GitFailed as error:
        raise Refused("it has no commit yet, or its HEAD names none") from error
    commit = told.decode(errors="replace").strip()
    if not HASH.fullmatch(commit):
        raise Refused("its HEAD names no commit")
    return commit


def _packed(folder: Path, name: str) -> str | None:
    data = read_plain(folder / "packed-refs", _LARGEST_PACKED_REFS) or b""
    found = re.search(rb"^([0-9a-f]{40,64}) " + re.escape(os.fsencode(name)) + rb"$", data, re.M)
    return found[1].decode() if found else None


def _line(path: Path) -> str | None:
    data = read_plain(path, 4096)
    return None if data is None else os.fsdecode(data).strip()


def read_plain(path: Path, limit: int) -> bytes | None:
    """The bytes of a plain file that is no larger than `limit`; None for anything else."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError):
        return None
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_size > limit:
            return None
        return file.read(limit)


# -------------------------------------------------------------------------------------- origin


def origin_of(clone: Clone) -> str | None:
    """The URL of the remote `origin`, as its configuration file spells it."""
    data = read_plain(clone.common_folder / "config", _LARGEST_CONFIG) or b""
    section = ""
    for line in _logical_lines(os.fsdecode(data)):
        found = re.fullmatch(r'\[\s*([\w.-]+)\s*(?:"(.*)")?\s*\](.*)', line)
        if found:
            section = f"{found[1].lower()} {found[2] or ''}"
        key, equals, value = (found[3].strip() if found else line).partition("=")
        if section == "remote origin" and equals and key.strip().lower() == "url":
            return value.strip().strip('"')
    return None


def _logical_lines(text: str) -> Iterator[str]:
    for line in text.replace("\\\n", "").split("\n"):
        stripped = line.strip()
        if stripped and not stripped.startswith(("#", ";")):
            yield stripped


# --------------------------------------------------------------------------------------- clean


def changes_in(clone: Clone, sandboxed: bool) -> bool:
    """Whether files are changed, staged or new in the work tree; True where git cannot tell."""
    if clone.work_tree is None:
        return False
    git = Git(sandboxed, clone.folders)
    try:
        told = git.run(
            f"--git-dir={clone.git_folder}",
            f"--work-tree={clone.work_tree}",
            *("status", "--porcelain", "-z", "--untracked-files=normal"),
            "--ignore-submodules=all",
        )
    except GitFailed:
        return True
    return bool(told)
