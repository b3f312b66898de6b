"""What a repository changes, as git has it: a patch made from trees, and commits on a branch."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from torchscript_fix.bulk.clone import Clone, Refused
from torchscript_fix.bulk.export import Entry, Exported, Scratch
from torchscript_fix.bulk.git import Git, GitFailed

DIFF = (
    *("diff-tree", "-p", "-r", "--full-index", "--text", "--no-color", "--no-renames"),
    *("--no-ext-diff", "--no-textconv", "--diff-algorithm=myers", "--unified=3"),
    *("--src-prefix=a/", "--dst-prefix=b/"),
)


class PatchDefect(Exception):
    """A patch that does not do what it should: a defect of ours."""


def tree_with(scratch: Scratch, files: Mapping[Entry, bytes]) -> str:
    """The tree of the commit with other content in some files. Raises GitFailed."""
    scratch.run("read-tree", scratch.commit, index="index-new")
    lines = []
    for entry, data in files.items():
        made = scratch.run("hash-object", "-w", "--stdin", data=data).strip()
        lines.append(entry.mode.encode() + b" " + made + b"\t" + entry.path + b"\0")
    scratch.run("update-index", "-z", "--index-info", data=b"".join(lines), index="index-new")
    return scratch.run("write-tree", "--missing-ok", index="index-new").decode().strip()


def patch_to(scratch: Scratch, tree: str) -> bytes:
    """The patch from the commit to a tree, proved: git applies it and gets that very tree.

    Raises PatchDefect where it does not.
    """
    patch = scratch.run(*DIFF, f"{scratch.commit}^{{tree}}", tree)
    try:
        scratch.run("read-tree", scratch.commit, index="index-check")
        scratch.run(
            *("apply", "--cached", "--whitespace=nowarn", "-"), data=patch, index="index-check"
        )
        made = scratch.run("write-tree", "--missing-ok", index="index-check").decode().strip()
    except GitFailed as error:
        raise PatchDefect(f"the patch does not apply: {error}") from error
    if made != tree:
        raise PatchDefect("the patch does not make what was verified")
    return patch


# --------------------------------------------------------------------------------------- branch


@dataclass(frozen=True)
class Step:
    """One commit: its message, and the content of all files that differ from the first commit."""

    message: str
    files: Mapping[Entry, bytes]


def commits(scratch: Scratch, steps: Sequence[Step], committer: str) -> str:
    """Make one commit a step on top of the commit; the last one's hash. Equal input gives equal
    commits: their date is that of the commit they stand on."""
    date = scratch.run("show", "-s", "--format=%cd", "--date=raw", scratch.commit).decode().strip()
    name, _, mail = committer.partition(" <")
    who: dict[str, str] = {}
    for role in ("AUTHOR", "COMMITTER"):
        who |= {
            f"GIT_{role}_NAME": name,
            f"GIT_{role}_EMAIL": mail.rstrip(">"),
            f"GIT_{role}_DATE": date,
        }
    git = Git(scratch.sandboxed, (scratch.objects,), (scratch.folder,), who)
    tip, before = scratch.commit, None
    for step in steps:
        tree = tree_with(scratch, step.files)
        if tree == before:
            continue
        before = tree
        made = git.run(
            f"--git-dir={scratch.folder}",
            *("commit-tree", tree, "-p", tip),
            data=step.message.encode("utf-8", "replace"),
        )
        tip = made.decode().strip()
    return tip


def make_branch(scratch: Scratch, clone: Clone, name: str, tip: str) -> None:
    """Bring the commits up to `tip` into the clone, and let the branch `name` be there.

    The work tree and the index are not touched, no hook runs. A branch of that name that is there
    already is left alone. Raises Refused where it is another one.
    """
    wanted = f"{tip}\n^{scratch.commit}\n".encode()
    pack = scratch.run("pack-objects", "--revs", "--stdout", "--quiet", data=wanted)
    git = Git(scratch.sandboxed, (), clone.folders)
    at = f"--git-dir={clone.common_folder}"
    ref = f"refs/heads/{name}"
    try:
        there = git.run(at, "for-each-ref", "--format=%(objectname)", ref).decode().strip()
        if there == tip:
            return
        if there:
            raise Refused(f"it has a branch {name} already, which is left alone")
        git.run(at, "unpack-objects", "-q", data=pack)
        git.run(at, "update-ref", ref, tip, "0" * len(tip))
    except GitFailed as error:
        raise Refused(f"the branch {name} cannot be made: {error}") from error


def changed_entries(exported: Exported, changes: Mapping[str, bytes]) -> dict[Entry, bytes]:
    """Changed files (paths relative to the tree) with the entries of the commit."""
    return {exported.entries[os.fsencode(path)]: data for path, data in changes.items()}
