"""What a bulk run does to clones: nothing, unless it is asked to; and then no more than that."""

import os
from pathlib import Path

import pytest

from tests.bulk.conftest import FIXABLE, SCRIPTABLE, Ended, Results, bulk, git, repository, write

HOISTABLE = """\
import torch
from torch import nn


class Other(nn.Module):
    def __init__(self, deep=False):
        super().__init__()
        if deep:
            self.more = nn.Linear(4, 4)
        self.deep = deep

    def forward(self, x, mask=None):
        if self.deep:
            x = self.more(x)
        if mask is not None:
            x = x * mask
        return x
"""


@pytest.fixture
def clone(clones: Path) -> Path:
    """A clone in which several rules have something to do."""
    return repository(
        clones / "it", {"net.py": FIXABLE, "sub/other.py": HOISTABLE, "plain.py": SCRIPTABLE}
    )


def run(clones: Path, results: Results, *arguments: str) -> Ended:
    return bulk(
        clones,
        *("--out", results.folder, "--no-verify", *arguments),
        XDG_STATE_HOME=str(results.folder.with_name("journal")),
    )


def everything(folder: Path) -> dict[str, bytes]:
    """All files below a folder, .git included."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def notes(results: Results) -> str:
    (only,) = results.report["repositories"]
    return "\n".join(only["run"]["notes"])


def test_a_clone_is_not_touched(clone: Path, clones: Path, results: Results) -> None:
    before = everything(clone)
    assert run(clones, results).code == 0
    assert everything(clone) == before
    assert results.patch("clones+it").exists()


def test_written_in_place(clone: Path, clones: Path, results: Results) -> None:
    assert run(clones, results, "--write").code == 0
    (only,) = results.report["repositories"]
    assert only["written"] is True and only["run"]["deed"] == "written"
    assert git(clone, "status", "--porcelain") == " M net.py\n M sub/other.py"
    written = git(clone, "diff")
    git(clone, "checkout", "-q", ".")
    git(clone, "apply", str(results.patch("clones+it")))
    assert git(clone, "diff") == written


def test_a_dirty_clone_is_not_written_to(clone: Path, clones: Path, results: Results) -> None:
    write(clone, {"plain.py": "changed = 1\n"})
    before = everything(clone)
    for how in (("--write",), ("--branch", "fix")):
        assert run(clones, results, *how).code == 0
        assert everything(clone) == before
        assert "it has changes that are not committed (--allow-dirty" in notes(results)
        assert results.patch("clones+it").exists()


def test_a_dirty_clone_where_that_is_allowed(clone: Path, clones: Path, results: Results) -> None:
    write(clone, {"plain.py": "changed = 1\n"})
    run(clones, results, "--write", "--allow-dirty")
    assert (clone / "plain.py").read_text() == "changed = 1\n"
    assert (clone / "net.py").read_text() != FIXABLE


def test_a_run_that_was_killed_after_it_had_written(
    clone: Path, clones: Path, results: Results
) -> None:
    run(clones, results, "--write")
    again = Results(results.folder.with_name("again"))  # which knows nothing of it
    run(clones, again, "--write")
    assert again.by_name["clones/it"]["written"] is True
    assert again.patch("clones+it").read_bytes() == results.patch("clones+it").read_bytes()


def test_a_file_of_a_patch_that_differs(clone: Path, clones: Path, results: Results) -> None:
    write(clone, {"net.py": FIXABLE + "# mine\n"})
    before = everything(clone)
    run(clones, results, "--write", "--allow-dirty")
    assert everything(clone) == before
    assert "net.py is not what" in notes(results)


def test_a_folder_that_has_become_a_link(clone: Path, clones: Path, results: Results) -> None:
    outside = clones.parent / "outside"
    (clone / "sub").rename(outside)
    (clone / "sub").symlink_to(outside)
    before = everything(outside)
    run(clones, results, "--write", "--allow-dirty")
    assert everything(outside) == before
    assert "is reached through a link" in notes(results)
    assert (clone / "net.py").read_text() == FIXABLE  # all or nothing


def test_a_branch_with_a_commit_for_each_rule(clone: Path, clones: Path, results: Results) -> None:
    before = {k: v for k, v in everything(clone).items() if not k.startswith(".git/")}
    head = git(clone, "rev-parse", "HEAD")
    assert run(clones, results, "--branch", "torchscript").code == 0
    (only,) = results.report["repositories"]
    assert only["branch"] == "torchscript"
    subjects = git(clone, "log", "--reverse", "--format=%s", f"{head}..torchscript").splitlines()
    assert [subject.partition(":")[0] for subject in subjects] == sorted(
        {each["rule"] for each in only["run"]["rewrites"]}
    )
    assert len(subjects) >= 2
    assert "- net.py:11 Net.forward: for layer in self.layers" in git(
        clone, "log", "--format=%b", f"{head}..torchscript"
    )
    assert git(clone, "diff", "--full-index", head, "torchscript").encode() == (
        results.patch("clones+it").read_bytes().rstrip(b"\n")
    )
    assert git(clone, "symbolic-ref", "HEAD") == "refs/heads/main"
    assert git(clone, "status", "--porcelain") == ""
    assert before == {k: v for k, v in everything(clone).items() if not k.startswith(".git/")}
    git(clone, "fsck", "--strict")


def test_each_commit_of_a_branch_parses(clone: Path, clones: Path, results: Results) -> None:
    run(clones, results, "--branch", "torchscript")
    for commit in git(clone, "rev-list", "main..torchscript").splitlines():
        for name in ("net.py", "sub/other.py"):
            compile(git(clone, "show", f"{commit}:{name}"), name, "exec")


def test_the_same_commits_again(clone: Path, clones: Path, results: Results) -> None:
    run(clones, results, "--branch", "torchscript")
    tip = git(clone, "rev-parse", "torchscript")
    git(clone, "branch", "-qD", "torchscript")
    again = Results(results.folder.with_name("again"))
    run(clones, again, "--branch", "torchscript")
    assert git(clone, "rev-parse", "torchscript") == tip
    third = Results(results.folder.with_name("third"))
    run(clones, third, "--branch", "torchscript")  # it is there already
    assert third.by_name["clones/it"]["branch"] == "torchscript"


def test_a_branch_of_that_name_that_is_there(clone: Path, clones: Path, results: Results) -> None:
    git(clone, "branch", "taken")
    run(clones, results, "--branch", "taken")
    assert "it has a branch taken already, which is left alone" in notes(results)
    assert git(clone, "rev-parse", "taken") == git(clone, "rev-parse", "main")


def test_a_branch_in_a_shallow_clone(clone: Path, clones: Path, results: Results) -> None:
    write(clone, {"more.txt": "x"})
    git(clone, "add", "-A")
    git(clone, "commit", "-qm", "more")
    git(clones.parent, "clone", "-q", "--depth=1", clone.as_uri(), "shallow/it")
    assert run(clones.parent / "shallow", results, "--branch", "fix").code == 0
    shallow = clones.parent / "shallow" / "it"
    assert len(git(shallow, "log", "--format=%h", "main..fix").splitlines()) >= 2
    git(shallow, "fsck", "--strict")


def test_hooks_and_programs_in_a_clone_do_not_run(
    clone: Path, clones: Path, results: Results
) -> None:
    trap = clones.parent / "trap"
    program = clones.parent / "program"
    program.write_text(f"#!/bin/sh\ntouch {trap}\ncat\n")
    program.chmod(0o755)
    for hook in ("post-checkout", "post-index-change", "reference-transaction", "pre-commit"):
        place = clone / ".git" / "hooks" / hook
        place.parent.mkdir(exist_ok=True)
        place.write_text(f"#!/bin/sh\ntouch {trap}\n")
        place.chmod(0o755)
    for key in (
        *("core.fsmonitor", "core.pager", "diff.external", "core.sshCommand", "core.editor"),
        *("filter.x.clean", "filter.x.smudge", "filter.x.process", "diff.x.command"),
        *("diff.x.textconv", "core.gitProxy", "core.alternateRefsCommand", "gpg.program"),
    ):
        git(clone, "config", key, str(program))
    git(clone, "config", "commit.gpgSign", "true")
    write(clone / ".git", {"info/attributes": "* filter=x diff=x\n"})
    os.utime(clone / "plain.py", (1, 1))  # so that git status looks into it
    for how in ((), ("--write",), ("--branch", "fix"), ("--write", "--allow-dirty")):
        run(clones, results, *how)
        assert not trap.exists(), how
    assert bulk(clones, "--out", results.folder, "--no-verify", "--branch", "no..name").code == 2
