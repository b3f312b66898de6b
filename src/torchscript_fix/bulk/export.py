"""One commit of a clone as a folder of plain files, byte for byte as they are in the commit.

A scratch repository borrows the clone's objects; nothing of the clone's configuration, attributes,
hooks or work tree has a say, and no link that would lead out of the folder is made.
"""

import os
import posixpath
import stat
import subprocess
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from torchscript_fix.bulk.clone import Clone, Refused
from torchscript_fix.bulk.git import Git, GitFailed

MOST_FILES = 200_000
LARGEST_FILE = 100 << 20
"""Bytes; a larger file, which is data, is left out."""
LARGEST_TREE = 2 << 30


@dataclass(frozen=True)
class Scratch:
    """A bare repository of our own that reads the objects of a clone."""

    folder: Path
    clone: Clone
    commit: str
    sandboxed: bool

    @property
    def git(self) -> Git:
        """git, which sees the clone's objects and writes to the scratch repository alone."""
        return Git(self.sandboxed, (self.objects,), (self.folder,))

    @property
    def objects(self) -> Path:
        """Where the clone keeps its objects."""
        return self.clone.common_folder / "objects"

    def run(self, *arguments: str, data: bytes | None = None, index: str | None = None) -> bytes:
        """What git prints. Raises GitFailed. `index` names an index file in the repository."""
        environment = {"GIT_INDEX_FILE": str(self.folder / index)} if index else {}
        return self.git.run(
            f"--git-dir={self.folder}", *arguments, data=data, environment=environment
        )


def borrow(clone: Clone, commit: str, folder: Path, sandboxed: bool) -> Scratch:
    """Make the scratch repository in `folder`, which is made. Raises Refused where the clone lacks
    the commit or its trees."""
    kind = "sha256" if len(commit) == 64 else "sha1"
    folder.mkdir()
    for name in ("objects/info", "refs"):
        (folder / name).mkdir(parents=True)
    (folder / "HEAD").write_text("ref: refs/heads/none\n")
    extension = "[extensions]\n\tobjectFormat = sha256\n" if kind == "sha256" else ""
    version = 1 if extension else 0
    (folder / "config").write_text(
        f"[core]\n\trepositoryformatversion = {version}\n\tbare = true\n{extension}"
    )
    # Whatever came before the commit is no concern of ours, and not there in a shallow clone.
    (folder / "shallow").write_text(f"{commit}\n")
    made = Scratch(folder, clone, commit, sandboxed)
    (folder / "objects" / "info" / "alternates").write_bytes(_alternate(made.objects))
    if (clone.common_folder / "objects" / "info" / "alternates").exists():
        others = "git -C CLONE repack -a -d && rm CLONE/.git/objects/info/alternates"
        missing = f"; its objects lie in another repository (to bring them in: {others})"
    else:
        missing = ""
    try:
        made.run("cat-file", "-e", f"{commit}^{{tree}}")
    except GitFailed as error:
        raise Refused(f"the commit {commit} is not in it{missing}") from error
    return made


def _alternate(objects: Path) -> bytes:
    """A line of objects/info/alternates; in quotes, C style, where git would misread it."""
    name = os.fsencode(objects)
    if not any(byte < 32 or byte in b'"\\#' for byte in name):
        return name + b"\n"
    quoted = b"".join(
        b"\\%03o" % byte if byte < 32 or byte in b'"\\' else bytes([byte]) for byte in name
    )
    return b'"' + quoted + b'"\n'


# -------------------------------------------------------------------------------------- entries


@dataclass(frozen=True)
class Entry:
    """One file of the commit."""

    mode: str
    identity: str
    path: bytes

    @property
    def is_link(self) -> bool:
        return self.mode == "120000"

    @property
    def is_submodule(self) -> bool:
        return self.mode == "160000"


@dataclass
class Exported:
    """What was put into the folder, and what was not."""

    entries: dict[bytes, Entry] = field(default_factory=dict)
    """By path: the plain files that are there."""
    submodules: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    too_large: list[str] = field(default_factory=list)
    links_out: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def notes(self) -> list[str]:
        """What is not in the folder, in lines for people."""
        return [
            _told(names, what)
            for names, what in (
                (self.submodules, "submodules are left out"),
                (self.missing, "files are absent: the clone is partial and lacks their content"),
                (self.too_large, "files are left out: too large"),
                (self.links_out, "links are left out: they lead out of the repository"),
                (self.refused, "files are left out: no folder can hold their names"),
            )
            if names
        ]


def _told(names: Sequence[str], what: str) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"{len(names)} {what} ({', '.join(names[:3])}{more})"


def entries_of(scratch: Scratch) -> Iterator[Entry]:
    """The files of the commit, in git's order. Raises Refused where there is no end of them."""
    with scratch.git.stream(
        f"--git-dir={scratch.folder}", "ls-tree", "-r", "-z", "--full-tree", scratch.commit
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        process.stdin.close()
        rest = b""
        count = 0
        while data := process.stdout.read(1 << 16):
            *lines, rest = (rest + data).split(b"\0")
            if len(rest) > 1 << 16:
                raise Refused("it has a path that is longer than any can be")
            for line in lines:
                count += 1
                if count > MOST_FILES:
                    raise Refused(f"it has more than {MOST_FILES:,} files")
                told, _, path = line.partition(b"\t")
                mode, _, identity = told.decode("ascii", "replace").split(" ")
                yield Entry(mode, identity, path)
        if process.wait() != 0:
            raise Refused("its trees cannot be read: it is damaged, or a clone without trees")


# ---------------------------------------------------------------------------------------- files


def export(scratch: Scratch, folder: Path) -> Exported:
    """Put the files of the commit into `folder`, which is made. Raises Refused."""
    folder.mkdir()
    done = Exported()
    entries = [entry for entry in entries_of(scratch) if _is_wanted(entry, done)]
    links: list[tuple[Entry, bytes]] = []
    total = 0
    for entry, data in _contents(scratch, entries, done):
        total += len(data)
        if total > LARGEST_TREE and not entry.path.endswith(b".py"):
            done.too_large.append(os.fsdecode(entry.path))
        elif entry.is_link:
            links.append((entry, data))
        elif _write(folder, entry, data):
            done.entries[entry.path] = entry
        else:
            done.refused.append(os.fsdecode(entry.path))
    for entry, target in links:  # when all else is there: nothing is written through a link
        if not _leads_out(entry.path, target) and _link(folder, entry, target):
            continue
        done.links_out.append(os.fsdecode(entry.path))
    return done


def _is_wanted(entry: Entry, done: Exported) -> bool:
    if entry.is_submodule:
        done.submodules.append(os.fsdecode(entry.path))
        return False
    parts = entry.path.split(b"/")
    # Names that git itself would not check out; a hostile tree can hold them.
    if any(part in (b"", b".", b"..") or part.lower() == b".git" for part in parts):
        done.refused.append(os.fsdecode(entry.path))
        return False
    return True


def _write(folder: Path, entry: Entry, data: bytes) -> bool:
    path = folder / os.fsdecode(entry.path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            file.write(data)
        if entry.mode == "100755":
            path.chmod(path.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
    except (FileExistsError, NotADirectoryError, IsADirectoryError, ValueError):
        return False
    except OSError as error:
        if error.errno in _UNNAMEABLE:
            return False
        raise
    return True


_UNNAMEABLE = {36, 84, 22}  # ENAMETOOLONG, EILSEQ, EINVAL


def _link(folder: Path, entry: Entry, target: bytes) -> bool:
    path = folder / os.fsdecode(entry.path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(os.fsdecode(target))
    except (OSError, ValueError):
        return False
    return True


def _leads_out(path: bytes, target: bytes) -> bool:
    """Whether a link would lead out of the tree, whatever the other links are: only steps up that
    come first are counted, which start from a real folder, and none is allowed after that."""
    if target.startswith(b"/") or not target or len(target) > 4000 or b"\0" in target:
        return True
    steps = [step for step in target.split(b"/") if step not in (b"", b".")]
    up = 0
    while up < len(steps) and steps[up] == b"..":
        up += 1
    return b".." in steps[up:] or up > path.count(b"/") or posixpath.isabs(target)


def _contents(
    scratch: Scratch, entries: Sequence[Entry], done: Exported
) -> Iterator[tuple[Entry, bytes]]:
    """The bytes of the files that the clone has and that are not too large."""
    sizes = scratch.run(
        "cat-file",
        "--batch-check=%(objectname) %(objecttype) %(objectsize)",
        data=b"".join(entry.identity.encode() + b"\n" for entry in entries),
    ).splitlines()
    wanted = []
    for entry, line in zip(entries, sizes, strict=True):
        told = line.split()
        if len(told) != 3 or told[1] != b"blob":
            done.missing.append(os.fsdecode(entry.path))
        elif int(told[2]) > LARGEST_FILE:
            done.too_large.append(os.fsdecode(entry.path))
        else:
            wanted.append(entry)
    with scratch.git.stream(f"--git-dir={scratch.folder}", "cat-file", "--batch") as process:
        assert process.stdin is not None and process.stdout is not None
        asking = threading.Thread(target=_ask, args=(process, wanted), daemon=True)
        asking.start()
        for entry in wanted:
            header = process.stdout.readline(200).split()
            if len(header) != 3:
                raise Refused("its objects cannot be read: it is damaged")
            size = int(header[2])
            data = process.stdout.read(size + 1)
            if len(data) != size + 1:
                raise Refused("its objects cannot be read: it is damaged")
            yield entry, data[:-1]
        asking.join()


def _ask(process: "subprocess.Popen[bytes]", entries: Sequence[Entry]) -> None:
    assert process.stdin is not None
    try:
        for entry in entries:
            process.stdin.write(entry.identity.encode() + b"\n")
        process.stdin.close()
    except OSError:
        pass  # it has ended, which the reader sees
