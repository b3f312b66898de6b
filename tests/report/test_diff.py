"""The patch is one that `git apply` takes, wherever one stands and whatever the file is like."""

import shutil
import subprocess
from pathlib import Path

import click
import pytest

from torchscript_fix.report.diff import coloured_patch, patch
from torchscript_fix.result import FileChange

BEFORE = b"import torch\n\n\ndef f(x=None):\n    return x\n"
AFTER = b"import torch\n\n\ndef f(x: Tensor = None):\n    return x\n"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "clone"
    folder.mkdir()
    subprocess.run(["git", "init", "-q", folder], check=True)
    return folder


def change(
    path: Path, before: bytes = BEFORE, after: bytes = AFTER, encoding: str = "utf-8"
) -> FileChange:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(before)
    return FileChange(path, before, after, encoding)


def apply(data: bytes, here: Path) -> None:
    subprocess.run(["git", "apply", "--whitespace=nowarn"], input=data, cwd=here, check=True)


def assert_applies(changes: list[FileChange], here: Path) -> None:
    apply(patch(changes, here), here)
    for each in changes:
        assert each.path.read_bytes() == each.after


@pytest.mark.parametrize(
    "name",
    [
        "model.py",
        "networks/model.py",
        "with spaces/a model.py",
        "modèles/réseau.py",
        'a "quoted" name.py',
        "a\ttab.py",
        "back\\slash.py",
        "undecodable\udcff.py",
    ],
)
def test_names_of_files(repository: Path, name: str) -> None:
    assert_applies([change(repository / name)], repository)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (BEFORE.replace(b"\n", b"\r\n"), AFTER.replace(b"\n", b"\r\n")),
        (BEFORE.replace(b"\n", b"\r\n", 2), AFTER.replace(b"\n", b"\r\n", 2)),
        (BEFORE.removesuffix(b"\n"), AFTER.removesuffix(b"\n")),
        (b"\xef\xbb\xbf" + BEFORE, b"\xef\xbb\xbf" + AFTER),
        (BEFORE.replace(b"\n\n", b"\n\x0c\n"), AFTER.replace(b"\n\n", b"\n\x0c\n")),
        (b"x=None", b"x = None"),
        (b"x=None", b"x = None\n"),
    ],
    ids=["CRLF", "mixed", "no newline at end", "BOM", "form feed", "one line", "newline added"],
)
def test_line_ends(repository: Path, before: bytes, after: bytes) -> None:
    assert_applies([change(repository / "model.py", before, after)], repository)


def test_bytes_of_another_encoding_stay_as_they_are(repository: Path) -> None:
    head = "# -*- coding: latin-1 -*-\n# Größe\n".encode("latin-1")
    changed = change(repository / "model.py", head + BEFORE, head + AFTER, "latin-1")
    assert_applies([changed], repository)


def test_several_files_in_one_patch(repository: Path) -> None:
    changes = [change(repository / "a.py"), change(repository / "networks" / "b.py")]
    assert_applies(changes, repository)


def test_from_a_folder_below_the_root_of_the_repository(repository: Path) -> None:
    assert_applies([change(repository / "networks" / "model.py")], repository / "networks")


def test_a_clone_below_a_folder_that_is_no_repository(repository: Path) -> None:
    assert_applies([change(repository / "networks" / "model.py")], repository.parent)


def test_a_clone_below_the_root_of_another_repository(repository: Path) -> None:
    subprocess.run(["git", "init", "-q", repository.parent], check=True)
    assert_applies([change(repository / "networks" / "model.py")], repository.parent)


def test_another_repository_takes_its_own_patch(repository: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    changed = change(repository / "networks" / "model.py")
    apply(patch([changed], elsewhere), repository)
    assert changed.path.read_bytes() == AFTER


def test_patch_takes_it_too(repository: Path) -> None:
    if shutil.which("patch") is None:
        pytest.skip("there is no patch here")
    changed = change(repository / "networks" / "model.py")
    data = patch([changed], repository)
    subprocess.run(["patch", "-p1", "-s"], input=data, cwd=repository, check=True)
    assert changed.path.read_bytes() == AFTER


def test_nothing_changes_nothing_is_said(repository: Path) -> None:
    assert patch([], repository) == b""


def test_the_coloured_patch_says_the_same(repository: Path) -> None:
    changed = change(repository / "model.py")
    plain = click.unstyle(coloured_patch([changed], repository))
    assert plain == patch([changed], repository).decode()


def test_what_a_terminal_would_obey_is_made_visible(repository: Path) -> None:
    changed = change(repository / "model.py", b"x = '\x1b]0;owned\x07'\ny=1\n", b"y=1\n")
    shown = coloured_patch([changed], repository)
    assert r"x = '\x1b]0;owned\x07'" in shown
    assert "\x07" not in shown
